import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { throwIfAborted } from '../errors.ts'
import { BLOCK_BYTES } from '../limits.ts'

/** Something other than a regular file was found. */
export class OtherKindError extends Error {
  override readonly name = 'OtherKindError'
}

export interface FileDigest {
  bytes: number
  /** SHA-256 over the SHA-256 of each block, in lower-case hex. */
  sha256: string
}

/**
 * Reads the regular file at `path`, which must not be a symbolic link, and comes to the digest that
 * a transfer gives it. Throws an OtherKindError, what the system answers (`ELOOP` for a link), or
 * why `signal` was aborted.
 */
export async function fileDigest(path: string, signal: AbortSignal): Promise<FileDigest> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants
  // Without O_NONBLOCK, a pipe in the file's place would hang us.
  const handle = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
  try {
    const stats = await handle.stat()
    if (!stats.isFile()) throw new OtherKindError()
    const digest = createHash('sha256')
    const block = Buffer.allocUnsafe(Math.max(1, Math.min(BLOCK_BYTES, stats.size)))
    let bytes = 0
    for (;;) {
      throwIfAborted(signal)
      const filled = await fill(block, handle, bytes)
      if (filled > 0) digest.update(createHash('sha256').update(block.subarray(0, filled)).digest())
      bytes += filled
      if (filled < block.length || bytes >= stats.size) break
    }
    return { bytes, sha256: digest.digest('hex') }
  } finally {
    await handle.close().catch(() => undefined)
  }
}

/** How much of `block` the file fills from `offset` on: less than all of it only at its end. */
async function fill(block: Buffer, handle: FileHandle, offset: number): Promise<number> {
  let done = 0
  while (done < block.length) {
    const { bytesRead } = await handle.read(block, done, block.length - done, offset + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return done
}
