import { ShareError } from '../errors.ts'
import { BLOCK_BYTES } from '../limits.ts'

/** The names of codecs, as the two sides tell them each other. */
export type CodecName = 'zstd' | 'lz4'

/** Compresses blocks, each on its own and on a thread of the pool, and decompresses them. */
export interface Codec {
  readonly name: CodecName
  /**
   * `block` compressed; longer than before where nothing repeats in it. `block` has to stay as it is
   * until then.
   */
  compress(block: Uint8Array): Promise<Uint8Array>
  /**
   * The `bytes` bytes that `data` was compressed from; `data` has to stay as it is until then.
   * Throws `protocol` for data that says or gives another size, or is malformed. Nothing is
   * allocated for a size other than `bytes`, and never more than a few blocks take.
   */
  decompress(data: Uint8Array, bytes: number): Promise<Uint8Array>
}

/** Throws `protocol` unless `bytes`, a size that the other side named, is that of a block. */
export function assertBlockSize(bytes: number): void {
  if (!Number.isSafeInteger(bytes) || bytes < 1 || bytes > BLOCK_BYTES) throw unreadableBlock()
}

/** The refusal of a block that does not decompress to what was announced. */
export function unreadableBlock(cause?: unknown): ShareError {
  const message = 'The sender sent a compressed block that cannot be read'
  return new ShareError('protocol', message, { cause })
}
