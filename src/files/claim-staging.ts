import { createHash, randomBytes } from 'node:crypto'
import { chmod, lstat, mkdir, opendir, rename } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { ShareError, throwIfAborted } from '../errors.ts'
import { STAGING_CREATION_MS } from '../limits.ts'
import { printable } from '../printable.ts'
import { isSystemError, withFileErrors } from './file-error.ts'
import { isSameFile } from './file-kind.ts'
import { type HeldDirectory, holdDirectory } from './held-directory.ts'
import { describeProcess, isAlive, type Owner, readOwner, writeOwner } from './owner.ts'
import { removeTree } from './remove-tree.ts'

/** Who writes into a staging directory (`owner.ts`). */
export const OWNER_FILE = 'owner'

/** A staging directory that is ours. */
export interface ClaimedStaging {
  readonly staged: HeldDirectory
  /** Whether an earlier run has left something in it. */
  readonly isAdopted: boolean
}

/**
 * Takes over `.p2pshare-<hash of key>.<random>` in `parent` from an interrupted run for the same
 * key, the latest where there are several, whose others are removed; or else makes a new one, for
 * this user alone. It is abandoned when its owner is dead or has let go of it. Of two runs that want
 * the same one, one gets it and the other makes its own.
 * Throws `permission`, `disk-full` or `file-failed`, or why `signal` was aborted.
 */
export async function claimStaging(
  parent: HeldDirectory,
  key: string,
  signal?: AbortSignal,
): Promise<ClaimedStaging> {
  const prefix = stagingPrefix(key)
  const abandoned = await findAbandoned(parent, prefix)
  let adopted: HeldDirectory | undefined
  try {
    for (const name of abandoned) {
      throwIfAborted(signal)
      const claimed = await claim(parent, prefix, name)
      if (claimed === undefined) continue
      if (adopted === undefined) adopted = claimed
      else await removeClaimed(parent, claimed, signal)
    }
    if (adopted !== undefined) return { staged: adopted, isAdopted: true }
  } catch (thrown) {
    await adopted?.close().catch(() => undefined)
    throw thrown
  }
  return { staged: await createStagingDirectory(parent, prefix), isAdopted: false }
}

/** Removes and closes a staging directory that is ours, with everything in it. */
export async function removeStaging(parent: HeldDirectory, staged: HeldDirectory): Promise<void> {
  await staged.close()
  await removeTree(parent, basename(staged.path))
}

/** One that resists stays; it does not stop a new transfer. */
async function removeClaimed(
  parent: HeldDirectory,
  claimed: HeldDirectory,
  signal: AbortSignal | undefined,
): Promise<void> {
  await claimed.close()
  await removeTree(parent, basename(claimed.path), signal).catch(() => throwIfAborted(signal))
}

/** Names of what nobody works in, the latest first. */
async function findAbandoned(parent: HeldDirectory, prefix: string): Promise<string[]> {
  const found: { name: string; modifiedNs: bigint }[] = []
  await withFileErrors('read', parent.path, async () => {
    for await (const { name } of await opendir(parent.at('.'))) {
      if (!name.startsWith(prefix)) continue
      const modifiedNs = await abandonedSince(parent, prefix, name).catch(() => undefined)
      if (modifiedNs !== undefined) found.push({ name, modifiedNs })
    }
  })
  return found
    .sort((left, right) => (left.modifiedNs < right.modifiedNs ? 1 : -1))
    .map(({ name }) => name)
}

async function abandonedSince(
  parent: HeldDirectory,
  prefix: string,
  name: string,
): Promise<bigint | undefined> {
  const staged = await holdDirectory(parent.at(name), join(parent.path, name))
  try {
    if (!belongsToUs(staged)) return undefined
    // Until it has written down that it owns it, the claimant is in the name.
    const claimant = claimantIn(name.slice(prefix.length))
    const owner = claimant ?? (await readOwner(staged.at(OWNER_FILE)))
    const { mtimeNs, mtimeMs } = staged.identity
    if (owner === undefined && Date.now() - Number(mtimeMs) <= STAGING_CREATION_MS) return undefined
    return owner && (await isAlive(owner)) ? undefined : mtimeNs
  } finally {
    await staged.close()
  }
}

/**
 * Two renames: the first says in the name who claims it, and only one of several succeeds; the
 * second, once the owner is written down, gives it an ordinary name. In between nobody else takes it
 * for abandoned. Undefined if somebody else was faster or it cannot be claimed.
 */
async function claim(
  parent: HeldDirectory,
  prefix: string,
  name: string,
): Promise<HeldDirectory | undefined> {
  const owner = await describeProcess(process.pid)
  const random = randomBytes(8).toString('hex')
  const interim = `${prefix}${random}${claimMark(owner)}`
  const final = `${prefix}${random}`
  try {
    await rename(parent.at(name), parent.at(interim))
    const staged = await holdDirectory(parent.at(interim), join(parent.path, final))
    try {
      if (!belongsToUs(staged)) throw replaced(staged)
      await chmod(staged.at('.'), 0o700)
      await removeTree(staged, OWNER_FILE)
      await writeOwner(staged.at(OWNER_FILE), owner, 'wx')
      await rename(parent.at(interim), parent.at(final))
      if (!isSameFile(await lstat(parent.at(final), { bigint: true }), staged.identity)) {
        throw replaced(staged)
      }
      // On systems without /proc, `at` still goes by the interim name.
      const renamed = await holdDirectory(parent.at(final), join(parent.path, final))
      await staged.close()
      return renamed
    } catch (thrown) {
      await staged.close().catch(() => undefined)
      throw thrown
    }
  } catch (thrown) {
    if (isSystemError(thrown) || thrown instanceof ShareError) return undefined
    throw thrown
  }
}

function claimMark({ pid, started }: Owner): string {
  return `.${pid}.${started ?? ''}`
}

function claimantIn(suffix: string): Owner | undefined {
  const [, pid, started] = /^[0-9a-f]{16}\.([1-9]\d{0,9})\.(\d{0,20})$/.exec(suffix) ?? []
  if (pid === undefined) return undefined
  return { pid: Number(pid), started: started === undefined || started === '' ? null : started }
}

async function createStagingDirectory(
  parent: HeldDirectory,
  prefix: string,
): Promise<HeldDirectory> {
  const name = `${prefix}${randomBytes(8).toString('hex')}`
  await withFileErrors('create a directory in', parent.path, () =>
    mkdir(parent.at(name), { mode: 0o700 }),
  )
  const staged = await holdDirectory(parent.at(name), join(parent.path, name))
  try {
    const owner = await describeProcess(process.pid)
    await withFileErrors('create a file in', staged.path, async () => {
      await writeOwner(staged.at(OWNER_FILE), owner, 'wx')
      await assertCreatedByUs(staged)
    })
    return staged
  } catch (thrown) {
    await removeStaging(parent, staged).catch(() => undefined)
    throw thrown
  }
}

/**
 * Throws `permission` if the directory just created was swapped for somebody else's before it was
 * opened. A file made in it by us shows whose name we go by in this file system: it may have no
 * users (exFAT) or take root for another (NFS).
 */
async function assertCreatedByUs(staged: HeldDirectory): Promise<void> {
  const { uid } = await lstat(staged.at(OWNER_FILE), { bigint: true })
  if (uid !== staged.identity.uid) throw replaced(staged)
}

/** On Windows access lists say it instead; there, 64 bits of the key in the name have to do. */
function belongsToUs(staged: HeldDirectory): boolean {
  const user = process.geteuid?.()
  return user === undefined || staged.identity.uid === BigInt(user)
}

function replaced(staged: HeldDirectory): ShareError {
  return new ShareError('permission', `"${printable(staged.path)}" was replaced by somebody else`)
}

function stagingPrefix(key: string): string {
  return `.p2pshare-${createHash('sha256').update(key).digest('hex').slice(0, 16)}.`
}
