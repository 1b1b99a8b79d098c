import { ShareError } from '../errors.ts'
import { OFFER_GROWTH, OFFER_GROWTH_BYTES, OFFER_GROWTH_FILES } from '../limits.ts'
import type { Entry } from './frame.ts'

/**
 * What may be listed for an offer: not much more than was counted for it, since whoever said yes said
 * yes to that. Files may grow and be added between counting and sending.
 */
export class OfferBound {
  #maxFiles = Number.POSITIVE_INFINITY
  #maxBytes = Number.POSITIVE_INFINITY
  #files = 0
  #bytes = 0

  /** Everything is counted. Throws `protocol` when more than that is listed already. */
  counted(files: number, bytes: number): void {
    this.#maxFiles = OFFER_GROWTH * files + OFFER_GROWTH_FILES
    this.#maxBytes = OFFER_GROWTH * bytes + OFFER_GROWTH_BYTES
    this.#assertKept()
  }

  /** These are listed. Throws `protocol`. */
  listed(entries: readonly Entry[]): void {
    for (const { kind, bytes } of entries) {
      if (kind === 'file') this.#files += 1
      this.#bytes += bytes ?? 0
    }
    this.#assertKept()
  }

  #assertKept(): void {
    if (this.#files <= this.#maxFiles && this.#bytes <= this.#maxBytes) return
    throw new ShareError('protocol', 'The sender sends far more than it offered')
  }
}
