import { availableParallelism } from 'node:os'
import { availableCodecs, sharedCodec } from '../compression/available-codecs.ts'
import { BlockCompressor } from '../compression/block-compressor.ts'
import type { Codec } from '../compression/codec.ts'
import { CompressionPolicy } from '../compression/compression-policy.ts'
import { ProcessorMeter } from '../compression/processor-meter.ts'
import { ShareError } from '../errors.ts'
import { LINE_READING_MS, READ_AHEAD_BLOCKS } from '../limits.ts'
import { collectMessages } from '../peer/collect-messages.ts'
import type { Decoder, Encoder } from '../transfer/ports.ts'

/** The codecs to offer or use; none where compression is not wanted. */
export async function wantedCodecs(compress: boolean): Promise<readonly Codec[]> {
  return compress ? availableCodecs() : []
}

/** Compresses with the best of `codecs` that the other side names; undefined where it has none. */
export function blockEncoder(
  codecs: readonly Codec[],
  peerNames: ReadonlySet<string>,
): Encoder | undefined {
  const codec = sharedCodec(codecs, peerNames)
  return codec && new BlockEncoder(codec)
}

/** Decompresses what any of `codecs` made. */
export function blockDecoder(codecs: readonly Codec[]): Decoder {
  return {
    decode: async (encoding, data, bytes) => {
      const codec = codecs.find(({ name }) => name === encoding)
      if (codec) return freedInTime(await codec.decompress(freedInTime(data), bytes))
      throw new ShareError('protocol', 'The sender compressed in a way that was not agreed')
    },
  }
}

/** What a codec takes and gives is memory outside the heap, as messages are. */
function freedInTime(data: Uint8Array): Uint8Array {
  collectMessages(data.length)
  return data
}

/** A BlockCompressor that knows how sending goes. */
class BlockEncoder implements Encoder {
  readonly encoding: Codec['name']
  readonly #codec: Codec
  readonly #policy: CompressionPolicy
  readonly #compressor: BlockCompressor
  readonly #meter: ProcessorMeter
  #readAtMs: number
  #wireBytes = 0
  #blockBytes = 0
  #sendings = 0
  #fullSendings = 0

  constructor(codec: Codec) {
    const now = () => performance.now()
    const parallelBlocks = Math.min(READ_AHEAD_BLOCKS, availableParallelism())
    this.encoding = codec.name
    this.#codec = codec
    this.#policy = new CompressionPolicy({ parallelBlocks, now })
    this.#compressor = new BlockCompressor({ codec, policy: this.#policy, now })
    this.#meter = new ProcessorMeter({ now })
    this.#readAtMs = now()
  }

  async encode(block: Uint8Array): Promise<Uint8Array | undefined> {
    const encoded = await this.#compressor.compress(block)
    return encoded && freedInTime(encoded)
  }

  async encodeAgain(block: Uint8Array): Promise<Uint8Array> {
    return freedInTime(await this.#codec.compress(block))
  }

  sent(wireBytes: number, blockBytes: number, isLineFull: boolean): void {
    this.#wireBytes += wireBytes
    this.#blockBytes += blockBytes
    this.#sendings += 1
    if (isLineFull) this.#fullSendings += 1
    const durationMs = performance.now() - this.#readAtMs
    if (durationMs >= LINE_READING_MS) this.#readLine(durationMs)
  }

  #readLine(durationMs: number): void {
    this.#policy.lineRead({
      durationMs,
      wireBytes: this.#wireBytes,
      blockBytes: this.#blockBytes,
      isFull: this.#fullSendings > this.#sendings / 2,
      ...this.#meter.read(),
    })
    this.#readAtMs += durationMs
    this.#wireBytes = 0
    this.#blockBytes = 0
    this.#sendings = 0
    this.#fullSendings = 0
  }
}
