import type { Dirent } from 'node:fs'
import { chmod, lstat, opendir, rmdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { ShareError, throwIfAborted } from '../errors.ts'
import { MAX_PATH_DEPTH, MAX_REMOVAL_PASSES, REMOVAL_BATCH } from '../limits.ts'
import { printable } from '../printable.ts'
import { isSystemError, withFileErrors } from './file-error.ts'
import { type HeldDirectory, holdDirectory } from './held-directory.ts'

/**
 * Removes whatever is at `name` in `parent`, with everything below it: never what symbolic links in
 * it point to, nor what is mounted there. Memory does not grow with the tree. Nothing being
 * there is fine.
 * Throws `permission` or `file-failed`, or why `signal` was aborted.
 */
export async function removeTree(
  parent: HeldDirectory,
  name: string,
  signal?: AbortSignal,
): Promise<void> {
  await withFileErrors('remove', join(parent.path, name), () => remove(parent, name, signal, 0))
}

/**
 * Opens the directory `name` in `parent`, which is ours, and lets us list and change it first, where
 * its permissions do not.
 */
export async function holdOwnDirectory(
  parent: HeldDirectory,
  name: string,
): Promise<HeldDirectory> {
  const { mode } = await lstat(parent.at(name))
  if ((mode & 0o700) !== 0o700) await chmod(parent.at(name), 0o700)
  return holdDirectory(parent.at(name), join(parent.path, name))
}

/**
 * Calls `work` for each name in `directory`, `REMOVAL_BATCH` at once, while it may empty it: again
 * and again until nothing changes, as some file systems skip names then. `work` says whether the
 * name is gone.
 */
export async function emptyOut(
  directory: HeldDirectory,
  work: (entry: Dirent) => Promise<boolean>,
  signal?: AbortSignal,
): Promise<void> {
  for (let pass = 0; pass < MAX_REMOVAL_PASSES; pass++) {
    let gone = 0
    let batch: Dirent[] = []
    const flush = async () => {
      throwIfAborted(signal)
      const directories = batch.filter((entry) => entry.isDirectory())
      const others = batch.filter((entry) => !entry.isDirectory())
      batch = []
      gone += (await Promise.all(others.map(work))).filter(Boolean).length
      // One after the other: each may hold a descriptor for every level.
      for (const entry of directories) if (await work(entry)) gone++
    }
    for await (const entry of await opendir(directory.at('.'))) {
      batch.push(entry)
      if (batch.length >= REMOVAL_BATCH) await flush()
    }
    await flush()
    if (gone === 0) return
  }
}

async function remove(
  parent: HeldDirectory,
  name: string,
  signal: AbortSignal | undefined,
  depth: number,
): Promise<void> {
  // The staging directory itself and one within are above what the path counts.
  if (depth > MAX_PATH_DEPTH + 2) {
    throw new ShareError('file-failed', `"${printable(parent.path)}" is nested too deeply`)
  }
  if (await unlinked(parent.at(name))) return
  const directory = await holdOwnDirectory(parent, name)
  try {
    if (directory.identity.dev !== parent.identity.dev) {
      throw new ShareError('file-failed', `"${printable(directory.path)}" is another file system`)
    }
    await emptyOut(
      directory,
      async (entry) => {
        await remove(directory, entry.name, signal, depth + 1)
        return true
      },
      signal,
    )
  } finally {
    await directory.close()
  }
  await rmdir(parent.at(name))
}

/** Whether it is gone; false for a directory. */
async function unlinked(path: string): Promise<boolean> {
  try {
    await unlink(path)
    return true
  } catch (thrown) {
    if (isSystemError(thrown, 'ENOENT')) return true
    // EISDIR is Linux's answer for directories, EPERM that of others.
    if (!isSystemError(thrown, 'EISDIR', 'EPERM')) throw thrown
    const found = await lstat(path).catch(() => undefined)
    if (found === undefined) return true
    if (!found.isDirectory()) throw thrown
    return false
  }
}
