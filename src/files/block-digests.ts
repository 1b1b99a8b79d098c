import { createHash } from 'node:crypto'
import { throwIfAborted } from '../errors.ts'

export interface BlockReader {
  /** Bytes to be read. */
  bytes: number
  blockBytes: number
  /** Fills the beginning of `buffer` from `offset` on; says how many bytes, 0 at the end. */
  read(offset: number, buffer: Uint8Array): Promise<number>
  signal: AbortSignal
}

interface Block {
  data: Uint8Array
  isLast: boolean
}

/**
 * The SHA-256 of each block, the last of which may be short; where the file ends before `bytes`, of
 * those that are there whole. The
 * next block is read while one is hashed. Throws what `read` throws, or why `signal` was aborted.
 */
export async function* blockDigests(
  reader: BlockReader,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { bytes, blockBytes, signal } = reader
  const size = Math.min(blockBytes, bytes)
  const buffers = [Buffer.allocUnsafe(size), Buffer.allocUnsafe(bytes > size ? size : 0)] as const
  const start = (offset: number) => {
    const buffer = buffers[(offset / blockBytes) % 2 === 0 ? 0 : 1]
    const reading = readBlock(reader, offset, buffer.subarray(0, Math.min(size, bytes - offset)))
    // Whoever stops early does not wait for it.
    reading.catch(() => undefined)
    return reading
  }
  let reading = bytes > 0 ? start(0) : undefined
  for (let offset = 0; reading !== undefined; offset += blockBytes) {
    throwIfAborted(signal)
    const { data, isLast }: Block = await reading
    reading = isLast ? undefined : start(offset + blockBytes)
    if (data.length > 0) yield createHash('sha256').update(data).digest()
  }
}

async function readBlock(
  { bytes, read }: BlockReader,
  offset: number,
  buffer: Uint8Array,
): Promise<Block> {
  let done = 0
  while (done < buffer.length) {
    const count = await read(offset + done, buffer.subarray(done))
    if (count === 0) return { data: buffer.subarray(0, 0), isLast: true }
    done += count
  }
  return { data: buffer, isLast: offset + done >= bytes }
}
