import { type BigIntStats, constants } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { ShareError, throwIfAborted } from '../errors.ts'
import { printable } from '../printable.ts'
import { isSystemError, withFileErrors } from './file-error.ts'
import { fileKind, isSameFile } from './file-kind.ts'

/** A file that is being sent, as it was when it was opened. */
export interface FileSource {
  /** The last component of the path that the user gave. */
  readonly name: string
  readonly bytes: number
  /** Permission bits only. */
  readonly mode: number
  /** Last change, in milliseconds since 1970. */
  readonly modifiedMs: number
  /** Fills `buffer` from `offset` on; throws `file-changed` where the file is shorter now. */
  read(offset: number, buffer: Uint8Array): Promise<void>
  /** Throws `file-changed` unless size, time of change and inode are as they were at opening. */
  assertUnchanged(): Promise<void>
  close(): Promise<void>
}

/**
 * Opens the regular file at `path`, following symbolic links, because the user named it.
 * Never waits for the other end of a pipe. Throws `not-found`, `not-a-file`, `permission` or
 * `file-failed`, or why `signal` was aborted.
 */
export async function openFileSource(path: string, signal?: AbortSignal): Promise<FileSource> {
  throwIfAborted(signal)
  // Looked at first, because opening alone makes some devices act.
  assertRegular(path, await withFileErrors('open', path, () => stat(path, { bigint: true })))
  const handle = await openWithoutWaiting(path)
  try {
    const opened = await withFileErrors('open', path, () => handle.stat({ bigint: true }))
    assertRegular(path, opened)
    throwIfAborted(signal)
    return fileSource(path, handle, opened)
  } catch (thrown) {
    await handle.close().catch(() => undefined)
    throw thrown
  }
}

function fileSource(path: string, handle: FileHandle, opened: BigIntStats): FileSource {
  const bytes = Number(opened.size)
  return {
    name: basename(resolve(path)),
    bytes,
    mode: Number(opened.mode) & 0o777,
    modifiedMs: Number(opened.mtimeMs),
    read: (offset, buffer) => {
      assertWithin(offset, buffer.length, bytes)
      return withFileErrors('read', path, () => fill(buffer, handle, path, offset))
    },
    assertUnchanged: () =>
      withFileErrors('read', path, async () => {
        const now = await handle.stat({ bigint: true })
        if (now.size !== opened.size || now.mtimeNs !== opened.mtimeNs) throw changed(path)
        if (!(await isStillAt(path, opened))) throw changed(path)
      }),
    close: () => withFileErrors('close', path, () => handle.close()),
  }
}

/** Without O_NONBLOCK, a pipe put in the file's place since the look at it would hang us. */
async function openWithoutWaiting(path: string): Promise<FileHandle> {
  return withFileErrors('open', path, () =>
    open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY),
  )
}

function assertRegular(path: string, stats: BigIntStats): void {
  if (stats.isFile()) return
  throw new ShareError('not-a-file', `"${printable(path)}" is ${fileKind(stats)}`)
}

function assertWithin(offset: number, length: number, bytes: number): void {
  const end = offset + length
  if (Number.isSafeInteger(offset) && offset >= 0 && length >= 0 && end <= bytes) return
  throw new TypeError(`no range of a file of ${bytes} bytes: ${length} bytes from ${offset}`)
}

async function fill(
  buffer: Uint8Array,
  handle: FileHandle,
  path: string,
  offset: number,
): Promise<void> {
  let done = 0
  while (done < buffer.length) {
    const { bytesRead } = await handle.read(buffer, done, buffer.length - done, offset + done)
    if (bytesRead === 0) throw changed(path)
    done += bytesRead
  }
}

async function isStillAt(path: string, opened: BigIntStats): Promise<boolean> {
  try {
    return isSameFile(await stat(path, { bigint: true }), opened)
  } catch (thrown) {
    if (isSystemError(thrown, 'ENOENT')) return false
    throw thrown
  }
}

function changed(path: string): ShareError {
  return new ShareError('file-changed', `"${printable(path)}" was changed while it was being sent`)
}
