import { type BigIntStats, constants } from 'node:fs'
import { type FileHandle, lstat, open, stat } from 'node:fs/promises'
import { sep } from 'node:path'
import { ShareError } from '../errors.ts'
import { printable } from '../printable.ts'
import { withFileErrors } from './file-error.ts'
import { fileKind, isSameFile } from './file-kind.ts'

/** A directory that stays the same one, even when another takes its place at its path. */
export interface HeldDirectory {
  /** Where it was found; for messages, not for access. */
  readonly path: string
  readonly identity: BigIntStats
  /** The path to use for `name` in it. Only Linux has one that survives a swapped directory. */
  at(name: string): string
  /** Throws `file-failed` where `at` would now lead into another directory. */
  assertInPlace(): Promise<void>
  /** Asks the system to make the names in it permanent, as far as its file system can. */
  sync(): Promise<void>
  close(): Promise<void>
}

/**
 * Opens the directory at `access`, which must not be a symbolic link; `path` is its name in
 * messages. Node has no `openat`; on Linux `/proc/self/fd/<descriptor>/name` does the same, on other
 * systems what is left is to compare before it matters.
 * Throws `not-found`, `permission` or `file-failed`.
 */
export async function holdDirectory(access: string, path: string = access): Promise<HeldDirectory> {
  return withFileErrors('open', path, async () => {
    const handle = await openDirectory(access)
    try {
      const identity = await (handle?.stat({ bigint: true }) ?? lstat(access, { bigint: true }))
      if (!identity.isDirectory()) {
        const kind = fileKind(identity)
        throw new ShareError('file-failed', `"${printable(path)}" is ${kind}, not a directory`)
      }
      return held(path, identity, handle, await stableRoot(access, identity, handle))
    } catch (thrown) {
      await handle?.close().catch(() => undefined)
      throw thrown
    }
  })
}

/** Windows has no descriptors for directories that would be of use. */
async function openDirectory(access: string): Promise<FileHandle | undefined> {
  if (process.platform === 'win32') return undefined
  return open(access, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
}

async function stableRoot(
  access: string,
  identity: BigIntStats,
  handle: FileHandle | undefined,
): Promise<string> {
  if (process.platform !== 'linux' || handle === undefined) return access
  const root = `/proc/self/fd/${handle.fd}`
  // Some containers have no /proc.
  const found = await stat(root, { bigint: true }).catch(() => undefined)
  return found !== undefined && isSameFile(found, identity) ? root : access
}

function held(
  path: string,
  identity: BigIntStats,
  handle: FileHandle | undefined,
  root: string,
): HeldDirectory {
  return {
    path,
    identity,
    // Not `join`, which would take `..` for a step within /proc.
    at: (name) => `${root}${sep}${name}`,
    assertInPlace: () =>
      withFileErrors('look at', path, async () => {
        if (isSameFile(await stat(root, { bigint: true }), identity)) return
        throw new ShareError('file-failed', `"${printable(path)}" was replaced in the meantime`)
      }),
    // Not every file system can, and the contents of files are safe without it.
    sync: async () => handle?.sync().catch(() => undefined),
    close: async () => handle?.close(),
  }
}
