import { ShareError } from '../errors.ts'
import { RECEIVE_WINDOW_BYTES } from '../limits.ts'
import { lastEntryOf } from './block-id.ts'
import type { Chunk } from './frame.ts'

/** A window of chunks that are 8 KiB long. */
const MAX_CHUNKS = 4096

/** Chunks that came on another lane before the MANIFEST that their file is in was taken in. */
export class EarlyChunks {
  #chunks: Chunk[] = []
  #bytes = 0

  /** Throws `protocol` when there are more than a window. */
  keep(chunk: Chunk): void {
    this.#bytes += chunk.data.length
    if (this.#bytes > RECEIVE_WINDOW_BYTES || this.#chunks.length >= MAX_CHUNKS) {
      throw new ShareError('protocol', 'The sender sent a message out of turn')
    }
    this.#chunks.push(chunk)
  }

  /** Whether there is one of entry `through`, or of a later one. */
  reach(through: number): boolean {
    return this.#chunks.some((chunk) => lastEntryOf(chunk) >= through)
  }

  /** Those of the entries below `through`, which are not early any more. */
  take(through: number): Chunk[] {
    const [due, early]: [Chunk[], Chunk[]] = [[], []]
    for (const chunk of this.#chunks) {
      if (lastEntryOf(chunk) < through) due.push(chunk)
      else early.push(chunk)
    }
    this.#chunks = early
    this.#bytes = early.reduce((sum, { data }) => sum + data.length, 0)
    return due
  }
}
