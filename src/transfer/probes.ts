/** Unanswered probes that are remembered; more than a second's worth of them. */
const MAX_REMEMBERED = 256
const MAX_NUMBER = 0xffff_fffe

/** Numbers probes, and knows their round trips. */
export class Probes {
  readonly #sentMs = new Map<number, number>()
  #next = 0
  #oldestUnansweredMs: number | undefined

  /** The number of the probe that is sent now. */
  send(nowMs: number): number {
    const probe = this.#next
    this.#next = probe >= MAX_NUMBER ? 0 : probe + 1
    this.#sentMs.set(probe, nowMs)
    this.#oldestUnansweredMs ??= nowMs
    const [first] = this.#sentMs.keys()
    if (this.#sentMs.size > MAX_REMEMBERED && first !== undefined) this.#sentMs.delete(first)
    return probe
  }

  /** The round trip in milliseconds of `probe`, which came back; undefined for an unknown one. */
  answered(probe: number, nowMs: number): number | undefined {
    const sentMs = this.#sentMs.get(probe)
    if (sentMs === undefined) return undefined
    for (const earlier of this.#sentMs.keys()) {
      this.#sentMs.delete(earlier)
      if (earlier === probe) break
    }
    this.#oldestUnansweredMs = this.#sentMs.values().next().value
    return nowMs - sentMs
  }

  /** Since when no probe has come back of those sent since; undefined when none is on its way. */
  get unansweredSinceMs(): number | undefined {
    return this.#oldestUnansweredMs
  }
}
