import { MAX_RESTING_NAMEPLATES, NAMEPLATE_REST_MS } from '../../limits.ts'

interface Rest {
  untilMs: number
  /** Held by the sender who may take the nameplate again, if any may. */
  token: string | undefined
}

/** The nameplates that were in use a short while ago. */
export class RestingNameplates {
  readonly #capacity: number
  /** In the order of `untilMs`, as all rest equally long. */
  readonly #rests = new Map<string, Rest>()

  constructor(capacity: number = MAX_RESTING_NAMEPLATES) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#rests.size
  }

  add(nameplate: string, token: string | undefined, nowMs: number): void {
    this.#rests.delete(nameplate)
    this.#rests.set(nameplate, { untilMs: nowMs + NAMEPLATE_REST_MS, token })
    this.sweep(nowMs)
    for (const longest of this.#rests.keys()) {
      if (this.#rests.size <= this.#capacity) return
      this.#rests.delete(longest)
    }
  }

  has(nameplate: string, nowMs: number): boolean {
    return (this.#rests.get(nameplate)?.untilMs ?? nowMs) > nowMs
  }

  tokenOf(nameplate: string): string | undefined {
    return this.#rests.get(nameplate)?.token
  }

  sweep(nowMs: number): void {
    for (const [nameplate, rest] of this.#rests) {
      if (rest.untilMs > nowMs) return
      this.#rests.delete(nameplate)
    }
  }
}
