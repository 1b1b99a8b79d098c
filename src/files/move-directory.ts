import { constants } from 'node:fs'
import { chmod, type FileHandle, lstat, open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { findAt } from './existing.ts'
import { applyAttributes, type FileAttributes } from './file-attributes.ts'
import { fileExists, isSystemError } from './file-error.ts'
import { fileKind } from './file-kind.ts'
import type { HeldDirectory } from './held-directory.ts'

/**
 * Gives the directory `from` in `source` the name `to` in `target`, with everything in it, in one
 * step. Permissions and time stay, or become `attributes`. Of what appears there in that very moment
 * only an empty directory is replaced.
 * Throws `file-exists` if anything is there, and system errors.
 */
export async function moveDirectory(
  source: HeldDirectory,
  from: string,
  target: HeldDirectory,
  to: string,
  attributes?: FileAttributes,
): Promise<void> {
  const path = join(target.path, to)
  const taken = await findAt(target, to)
  if (taken !== undefined) throw fileExists(path, fileKind(taken))
  const { mode, mtimeMs } = await lstat(source.at(from))
  // One that we may not write to cannot be moved: its `..` changes. Nor could it be opened.
  if ((mode & 0o700) !== 0o700) await chmod(source.at(from), 0o700)
  const handle = await openDirectory(source.at(from))
  try {
    await rename(source.at(from), target.at(to))
    if (handle === undefined) return
    await applyAttributes(handle, attributes ?? { mode: mode & 0o777, modifiedMs: mtimeMs })
    await handle.sync().catch(() => undefined)
  } catch (thrown) {
    if (!isSystemError(thrown, 'EEXIST', 'ENOTEMPTY', 'ENOTDIR')) throw thrown
    throw fileExists(path, 'something', thrown)
  } finally {
    await handle?.close()
  }
}

/** Gives a directory of the staging area its attributes, where the system can. */
export async function applyDirectoryAttributes(
  path: string,
  attributes: FileAttributes,
): Promise<void> {
  const handle = await openDirectory(path)
  if (handle === undefined) return
  try {
    await applyAttributes(handle, attributes)
  } finally {
    await handle.close()
  }
}

/** Windows has neither permissions of this kind nor descriptors of directories. */
async function openDirectory(path: string): Promise<FileHandle | undefined> {
  if (process.platform === 'win32') return undefined
  return open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
}
