/** A direct path that is not there at once may come when both sides have found their ways out. */
const FIRST_PAUSE_MS = 3000
const MAX_PAUSE_MS = 60_000

/** When to look again for a direct path while the data goes by a relay: with growing pauses. */
export class DirectSeeker {
  #pauseMs = FIRST_PAUSE_MS
  #nextMs: number | undefined
  #isSeeking = false

  /** Whether to look now. From then on it is being looked for, until `found` or `failed`. */
  isDue(nowMs: number): boolean {
    this.#nextMs ??= nowMs + this.#pauseMs
    if (this.#isSeeking || nowMs < this.#nextMs) return false
    this.#isSeeking = true
    return true
  }

  failed(nowMs: number): void {
    this.#isSeeking = false
    this.#pauseMs = Math.min(2 * this.#pauseMs, MAX_PAUSE_MS)
    this.#nextMs = nowMs + this.#pauseMs
  }

  /** Should it be lost again, the looking begins anew. */
  found(): void {
    this.#isSeeking = false
    this.#pauseMs = FIRST_PAUSE_MS
    this.#nextMs = undefined
  }
}
