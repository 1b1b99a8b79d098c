import { ShareError } from '../errors.ts'
import { MAX_TEXT_BYTES } from '../limits.ts'

/** Collects a text that comes in bytes. */
export class TextWriter {
  readonly #chunks: Uint8Array[] = []
  #bytes = 0

  /** What came so far; what is no UTF-8 shows as U+FFFD. */
  get text(): string {
    return Buffer.concat(this.#chunks).toString()
  }

  /** Throws `protocol` beyond MAX_TEXT_BYTES. */
  async write(chunk: Uint8Array): Promise<void> {
    this.#bytes += chunk.length
    if (this.#bytes > MAX_TEXT_BYTES) {
      throw new ShareError('protocol', 'The sender sent a text that is longer than may be')
    }
    this.#chunks.push(Uint8Array.from(chunk))
  }
}
