import { MAX_RESTING_NAMEPLATES, NAMEPLATE_REST_MS } from '../../limits.ts'

/** The nameplates that were in use a short while ago. */
export class RestingNameplates {
  readonly #capacity: number
  /** Until when each rests, in that order, as all rest equally long. */
  readonly #untilMs = new Map<string, number>()

  constructor(capacity: number = MAX_RESTING_NAMEPLATES) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#untilMs.size
  }

  add(nameplate: string, nowMs: number): void {
    this.#untilMs.delete(nameplate)
    this.#untilMs.set(nameplate, nowMs + NAMEPLATE_REST_MS)
    this.sweep(nowMs)
    for (const longest of this.#untilMs.keys()) {
      if (this.#untilMs.size <= this.#capacity) return
      this.#untilMs.delete(longest)
    }
  }

  has(nameplate: string, nowMs: number): boolean {
    return (this.#untilMs.get(nameplate) ?? nowMs) > nowMs
  }

  sweep(nowMs: number): void {
    for (const [nameplate, untilMs] of this.#untilMs) {
      if (untilMs > nowMs) return
      this.#untilMs.delete(nameplate)
    }
  }
}
