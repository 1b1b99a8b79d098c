/** Half a bit of entropy each. */
const CLASSES = 16
/** What came out last counts this much, all before it the rest. */
const NEWEST_SHARE = 0.5

/**
 * Learns what a sampled ratio means: to what part of their size blocks that sampled alike were
 * compressed. Blocks of other kinds, which sample otherwise, teach nothing about them, so that
 * contents may alternate.
 */
export class ExpectedRatios {
  readonly #learned = new Array<number | undefined>(CLASSES)

  /** The ratio to expect of a block that sampled at `sampled`, which stands for itself at first. */
  of(sampled: number): number {
    return this.#learned[classOf(sampled)] ?? sampled
  }

  /** A block that sampled at `sampled` came out at `actual`. */
  learn(sampled: number, actual: number): void {
    const index = classOf(sampled)
    const before = this.#learned[index] ?? actual
    this.#learned[index] = before + NEWEST_SHARE * (actual - before)
  }
}

function classOf(sampled: number): number {
  return Math.min(CLASSES - 1, Math.floor(sampled * CLASSES))
}
