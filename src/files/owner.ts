import { constants } from 'node:fs'
import { open, readFile, writeFile } from 'node:fs/promises'
import * as v from 'valibot'
import { isSystemError } from './file-error.ts'

const OwnerSchema = v.object({
  pid: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  /** Its start in clock ticks since boot, where the system tells: pids come around again. */
  started: v.nullable(v.string()),
})

/** The process that works in a staging directory. It is one of this machine. */
export type Owner = v.InferOutput<typeof OwnerSchema>

/** No owner file is larger. */
const MAX_OWNER_BYTES = 256

/** Who the process `pid` is, to be recognised later. */
export async function describeProcess(pid: number): Promise<Owner> {
  return { pid, started: (await readProcess(pid))?.started ?? null }
}

/** Whether that very process still runs; when in doubt, it does. */
export async function isAlive(owner: Owner): Promise<boolean> {
  if (!signalReaches(owner.pid)) return false
  const found = await readProcess(owner.pid)
  if (found === undefined || owner.started === null) return true
  return !found.isDead && found.started === owner.started
}

/**
 * Writes down who owns a staging directory; null when its owner has left it for good. `flag` is that
 * of node:fs: `wx` for a new file, `w` to write over our own.
 */
export async function writeOwner(
  path: string,
  owner: Owner | null,
  flag: 'wx' | 'w',
): Promise<void> {
  await writeFile(path, JSON.stringify(owner), { mode: 0o600, flag })
}

/** Who owns a staging directory, null for nobody, undefined where that is not written (yet). */
export async function readOwner(path: string): Promise<Owner | null | undefined> {
  try {
    const parsed = v.safeParse(v.nullable(OwnerSchema), JSON.parse(await readStart(path)))
    return parsed.success ? parsed.output : undefined
  } catch (thrown) {
    if (thrown instanceof SyntaxError || isSystemError(thrown)) return undefined
    throw thrown
  }
}

async function readStart(path: string): Promise<string> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAX_OWNER_BYTES))
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await handle.close()
  }
}

function signalReaches(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (thrown) {
    // EPERM: it is there and not ours.
    return !isSystemError(thrown, 'ESRCH')
  }
}

/** Fields 3 (state) and 22 (start time) of /proc/pid/stat; field 2 may itself contain anything. */
async function readProcess(pid: number): Promise<{ isDead: boolean; started: string } | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state, started] = [fields[0], fields[19]]
  if (state === undefined || started === undefined) return undefined
  return { isDead: state === 'Z' || state === 'X', started }
}
