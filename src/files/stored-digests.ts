import type { FileHandle } from 'node:fs/promises'
import { blockDigests } from './block-digests.ts'
import { withFileErrors } from './file-error.ts'
import type { HandlePool } from './handle-pool.ts'

export interface StoredFile {
  /** What it is called in messages. */
  path: string
  /** How many of its bytes are looked at, from the first on. */
  bytes: number
  /** How long the file is that it is compared with. */
  wantedBytes: number
  blockBytes: number
  pool: HandlePool
  /** Its name in `pool`. */
  key: string
  open: () => Promise<FileHandle>
  signal: AbortSignal
}

/**
 * The SHA-256 of each block that is there whole, one behind the other.
 * Throws `permission` and `file-failed` while it is iterated, what `open` throws, and why `signal`
 * was aborted.
 */
export function storedDigests(stored: StoredFile): AsyncIterable<Uint8Array> {
  const { path, bytes, wantedBytes, blockBytes, pool, key, open, signal } = stored
  return blockDigests({
    // A block that ends early is none of the other file's.
    bytes: bytes === wantedBytes ? bytes : bytes - (bytes % blockBytes),
    blockBytes,
    signal,
    read: (offset, buffer) =>
      withFileErrors('read', path, () =>
        pool.use(key, open, async (handle) => {
          const { bytesRead } = await handle.read(buffer, 0, buffer.byteLength, offset)
          return bytesRead
        }),
      ),
  })
}
