/**
 * The least or the greatest value of the last `spanMs`, in amortised constant time: a queue from
 * which each new value removes those that it outdoes.
 */
export class SlidingExtreme {
  readonly #spanMs: number
  readonly #sign: 1 | -1
  #kept: { atMs: number; value: number }[] = []

  constructor(which: 'least' | 'greatest', spanMs: number) {
    this.#spanMs = spanMs
    this.#sign = which === 'least' ? 1 : -1
  }

  /** Undefined before the first value. The newest value does not expire. */
  get value(): number | undefined {
    return this.#kept[0]?.value
  }

  add(atMs: number, value: number): void {
    const kept = this.#kept
    while (this.#isOutdone(kept.at(-1)?.value, value)) kept.pop()
    kept.push({ atMs, value })
    while (kept.length > 1 && (kept[0]?.atMs ?? atMs) < atMs - this.#spanMs) kept.shift()
  }

  /** Forgets everything but this. */
  restart(atMs: number, value: number): void {
    this.#kept = [{ atMs, value }]
  }

  #isOutdone(old: number | undefined, value: number): boolean {
    return old !== undefined && this.#sign * (old - value) >= 0
  }
}
