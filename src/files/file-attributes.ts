import { futimesSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { MAX_MODIFIED_MS, MIN_MODIFIED_MS } from '../limits.ts'
import { isSystemError } from './file-error.ts'

/** What the sender says about a file besides its contents; not trusted. */
export interface FileAttributes {
  /** Permission bits; any others, like set-user-ID, are dropped. */
  mode: number
  /** Last change, in milliseconds since 1970. */
  modifiedMs: number
}

/**
 * Gives the open file its permissions, less those that this user's umask withholds, and its time of
 * change, cut to what file systems can store. Where the file system has neither, it goes without.
 */
export async function applyAttributes(
  handle: FileHandle,
  { mode, modifiedMs }: FileAttributes,
): Promise<void> {
  // Reading the umask sets it for a moment; no file of ours is created with wider permissions.
  await unlessUnsupported(handle.chmod(mode & 0o777 & ~process.umask()))
  await applyTime(handle, modifiedMs)
}

/** Gives the open file its time of change alone, as `applyAttributes` does. */
export async function applyTime(handle: FileHandle, modifiedMs: number): Promise<void> {
  if (Number.isNaN(modifiedMs)) return
  await unlessUnsupported(handle.utimes(new Date(), boundedSeconds(modifiedMs)))
}

/** The same to a descriptor, at once. */
export function applyTimeAtOnce(descriptor: number, modifiedMs: number): void {
  if (Number.isNaN(modifiedMs)) return
  try {
    futimesSync(descriptor, new Date(), boundedSeconds(modifiedMs))
  } catch (thrown) {
    if (!isUnsupported(thrown)) throw thrown
  }
}

/** Node cuts decimals off: a fraction that came out too small would end up a millisecond earlier. */
function boundedSeconds(modifiedMs: number): number {
  const wholeMs = Math.trunc(Math.min(Math.max(modifiedMs, MIN_MODIFIED_MS), MAX_MODIFIED_MS))
  const seconds = wholeMs / 1000
  const isTooSmall = seconds - Math.trunc(seconds) < (wholeMs % 1000) / 1000
  return isTooSmall ? seconds + 0.5e-6 : seconds
}

async function unlessUnsupported(work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (thrown) {
    if (!isUnsupported(thrown)) throw thrown
  }
}

/** The file is our own, so EPERM cannot mean that somebody forbids it. */
function isUnsupported(thrown: unknown): boolean {
  return isSystemError(thrown, 'EPERM', 'EINVAL', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP')
}
