import { type BigIntStats, constants } from 'node:fs'
import { access, open, opendir, realpath, stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { ShareError, throwIfAborted } from '../errors.ts'
import { MAX_ROOTS } from '../limits.ts'
import { printable } from '../printable.ts'
import { withFileErrors } from './file-error.ts'
import { fileKind } from './file-kind.ts'
import { nameDanger } from './safe-name.ts'

/** A file or directory that the user named to be sent. */
export interface Root {
  /** The last component of its path, also where that is a link's. */
  readonly name: string
  /** As the user wrote it. */
  readonly path: string
  /** Absolute. */
  readonly location: string
  /** Without symbolic links. */
  readonly realLocation: string
  readonly kind: 'file' | 'directory'
  /** Size of a file at the time of the look. */
  readonly bytes: number
}

/**
 * Looks at everything that is to be sent, following symbolic links, because the user named them:
 * whether it is there and can be read. Never waits for the other end of a pipe.
 * Throws `usage` for names that cannot be sent together, `unsafe-name` where a name of several is
 * not one for every system (the receiver can replace an only one), `not-found`, `not-a-file`,
 * `permission` or `file-failed`, or why `signal` was aborted.
 */
export async function lookAtRoots(
  paths: readonly string[],
  signal?: AbortSignal,
): Promise<readonly Root[]> {
  if (paths.length === 0) throw new ShareError('usage', 'There is nothing to send')
  if (paths.length > MAX_ROOTS) {
    throw new ShareError('usage', `More than ${MAX_ROOTS} files and directories are named`, {
      hint: 'Send the directory that they are in.',
    })
  }
  const pathsByName = new Map<string, string>()
  for (const path of paths) {
    const name = rootName(path)
    assertOnly(name, path, pathsByName.get(name))
    if (paths.length > 1) assertSafeRoot(name, path)
    pathsByName.set(name, path)
  }
  const roots: Root[] = []
  for (const path of paths) {
    throwIfAborted(signal)
    roots.push(await lookAtRoot(path))
  }
  throwIfAborted(signal)
  return roots
}

function rootName(path: string): string {
  const name = path === '' ? '' : basename(resolve(path))
  if (name !== '') return name
  throw new ShareError('usage', `"${printable(path)}" has no name under which it could be sent`, {
    hint: 'Name a file or a directory, or what is in it.',
  })
}

function assertOnly(name: string, path: string, other: string | undefined): void {
  if (other === undefined) return
  throw new ShareError(
    'usage',
    `"${printable(other)}" and "${printable(path)}" would both be "${printable(name)}"`,
    { hint: 'Send them one after the other, or a directory that holds both.' },
  )
}

function assertSafeRoot(name: string, path: string): void {
  const danger = nameDanger(name)
  if (danger === undefined) return
  throw new ShareError('unsafe-name', `The name of "${printable(path)}" ${danger}`, {
    hint: 'Rename it, or send it on its own.',
  })
}

async function lookAtRoot(path: string): Promise<Root> {
  const location = resolve(path)
  return withFileErrors('open', path, async () => {
    // Looked at first, because opening alone makes some devices act.
    const stats = await stat(location, { bigint: true })
    const kind = stats.isDirectory() ? 'directory' : 'file'
    if (kind === 'directory') await assertListable(location)
    else {
      assertRegular(path, stats)
      await assertReadable(path, location)
    }
    return {
      name: rootName(path),
      path,
      location,
      realLocation: await realpath(location),
      kind,
      bytes: kind === 'file' ? Number(stats.size) : 0,
    }
  })
}

async function assertListable(location: string): Promise<void> {
  await (await opendir(location)).close()
  // Windows knows no such right of a directory.
  if (process.platform !== 'win32') await access(location, constants.X_OK)
}

/** Without O_NONBLOCK, a pipe put in the file's place since the look at it would hang us. */
async function assertReadable(path: string, location: string): Promise<void> {
  const { O_RDONLY, O_NONBLOCK, O_NOCTTY } = constants
  const handle = await open(location, O_RDONLY | O_NONBLOCK | O_NOCTTY)
  try {
    assertRegular(path, await handle.stat({ bigint: true }))
  } finally {
    await handle.close()
  }
}

function assertRegular(path: string, stats: BigIntStats): void {
  if (stats.isFile()) return
  throw new ShareError('not-a-file', `"${printable(path)}" is ${fileKind(stats)}`, {
    hint: 'Only files and directories can be sent.',
  })
}
