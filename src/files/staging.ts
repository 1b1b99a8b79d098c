import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { throwIfAborted } from '../errors.ts'
import { withFileErrors } from './file-error.ts'
import { type HeldDirectory, holdDirectory } from './held-directory.ts'
import { assertRoom } from './room.ts'
import { StagedFile, type Staging } from './staged-file.ts'
import {
  createStagingDirectory,
  DATA_FILE,
  removeAbandonedStagings,
  removeStagingDirectory,
} from './staging-directory.ts'

export type { Staging }

export interface StagingRequest {
  /** Where the file will be, as `resolveDestination` returns it: no symbolic link. */
  directory: string
  /** Equal for runs that belong together, so that a later one finds what an earlier one left. */
  key: string
  /** The announced size of the file. */
  bytes: number
  signal?: AbortSignal | undefined
}

/**
 * Makes room for a file of `bytes` bytes in `directory`. What earlier runs for the same key left
 * behind is removed first, unless its owner is at work.
 * Throws `disk-full`, `permission`, `not-found` or `file-failed`, or why `signal` was aborted.
 */
export async function createStaging(request: StagingRequest): Promise<Staging> {
  const { directory, key, bytes, signal } = request
  if (!Number.isSafeInteger(bytes) || bytes < 0) throw new TypeError(`no file size: ${bytes}`)
  throwIfAborted(signal)
  const destination = await holdDirectory(directory)
  try {
    await removeAbandonedStagings(destination, key)
    await assertRoom(directory, bytes)
    throwIfAborted(signal)
    const staged = await createStagingDirectory(destination, key)
    try {
      return new StagedFile(destination, staged, await createData(staged), bytes)
    } catch (thrown) {
      await removeStagingDirectory(destination, staged).catch(() => undefined)
      throw thrown
    }
  } catch (thrown) {
    await destination.close().catch(() => undefined)
    throw thrown
  }
}

/** Not preallocated: the announced size may be a lie, and is paid for only as bytes arrive. */
async function createData(staged: HeldDirectory): Promise<FileHandle> {
  const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR } = constants
  return withFileErrors('create a file in', staged.path, () =>
    open(staged.at(DATA_FILE), O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR, 0o600),
  )
}
