/** Enough to even out one block that had to wait, few enough to follow a busier machine. */
const BLOCKS = 16
const SECOND_MS = 1000

/** What compressing took of late, in seconds for each byte of input. */
export class CompressionCost {
  #recent: number[] = []

  /** A block of `bytes` took `durationMs` from call to result. */
  add(bytes: number, durationMs: number): void {
    this.#recent = [...this.#recent.slice(1 - BLOCKS), durationMs / SECOND_MS / bytes]
  }

  /** From call to result, waiting for a thread included; undefined before the first block. */
  get meanSecondsPerByte(): number | undefined {
    if (this.#recent.length === 0) return undefined
    return this.#recent.reduce((sum, cost) => sum + cost, 0) / this.#recent.length
  }

  /** Close to the processor time: the quickest block waited least. Undefined before the first. */
  get leastSecondsPerByte(): number | undefined {
    return this.#recent.length === 0 ? undefined : Math.min(...this.#recent)
  }
}
