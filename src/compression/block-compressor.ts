import { MIN_COMPRESSED_BLOCK_BYTES } from '../limits.ts'
import type { Codec } from './codec.ts'
import { type CompressionPolicy, WORTHWHILE_SHARE } from './compression-policy.ts'
import { sampledRatio } from './sample.ts'

export interface BlockCompressorInit {
  codec: Codec
  policy: CompressionPolicy
  /** A clock in milliseconds, with fractions. */
  now: () => number
}

/** Compresses the blocks of a transfer where it pays. */
export class BlockCompressor {
  readonly #init: BlockCompressorInit

  constructor(init: BlockCompressorInit) {
    this.#init = init
  }

  /**
   * `block` compressed, or undefined where it is better sent as it is. It has to stay as it is
   * until then.
   */
  async compress(block: Uint8Array): Promise<Uint8Array | undefined> {
    const { codec, policy, now } = this.#init
    if (block.length < MIN_COMPRESSED_BLOCK_BYTES || policy.skipsSample()) return undefined
    const sampled = sampledRatio(block)
    if (!policy.shouldCompress(sampled)) return undefined
    const startMs = now()
    const data = await codec.compress(block)
    policy.compressed({
      sampledRatio: sampled,
      bytes: block.length,
      compressedBytes: data.length,
      durationMs: now() - startMs,
    })
    return data.length <= WORTHWHILE_SHARE * block.length ? data : undefined
  }
}
