import { SlidingExtreme } from './sliding-extreme.ts'

/** A route may change for the worse; after this long without the old base, the new one counts. */
const BASE_SPAN_MS = 30_000
/** A handful of probes: an event loop that is late once must not look like a queue. */
const QUEUE_SPAN_MS = 55
/** A queue of so long ago may have cost a lane that is given up now. */
const PEAK_SPAN_MS = 3000
/** This close to the base counts as the base seen again. */
const SAME_BASE_MS = 1
const SAME_BASE_SHARE = 0.02

/**
 * Splits the round trips of probes into what the path itself takes and what queues add. The base
 * is the least of the last 30 seconds (as in RFC 6817 section 3.4.2, with a shorter memory); the
 * queue is what the least of the last few probes takes beyond it. Times in milliseconds.
 */
export class PathDelay {
  readonly #base = new SlidingExtreme('least', BASE_SPAN_MS)
  readonly #recent = new SlidingExtreme('least', QUEUE_SPAN_MS)
  readonly #peak = new SlidingExtreme('greatest', PEAK_SPAN_MS)
  #baseSeenAtMs = 0
  #newestMs = 0
  #secondMs = 0

  get baseMs(): number {
    return this.#base.value ?? 0
  }

  /** What queues add to a round trip now. */
  get queueMs(): number {
    return this.#beyondBase(this.#recent.value ?? 0)
  }

  /** The same from the last two probes only: sooner, and less sure. */
  get freshQueueMs(): number {
    return this.#beyondBase(Math.min(this.#newestMs, this.#secondMs))
  }

  /** The longest queue of the last seconds. */
  get peakQueueMs(): number {
    return this.#peak.value ?? 0
  }

  /** A round trip now. */
  get rttMs(): number {
    return this.baseMs + this.queueMs
  }

  /** When a round trip as short as the base was last seen. */
  get baseSeenAtMs(): number {
    return this.#baseSeenAtMs
  }

  sample(atMs: number, rttMs: number): void {
    const base = this.#base.value
    const nearness = Math.max(SAME_BASE_MS, SAME_BASE_SHARE * (base ?? 0))
    if (base === undefined || rttMs <= base + nearness) this.#baseSeenAtMs = atMs
    this.#secondMs = this.#newestMs
    this.#newestMs = rttMs
    this.#recent.add(atMs, rttMs)
    this.#base.add(atMs, rttMs)
    this.#peak.add(atMs, this.freshQueueMs)
  }

  /** What passed for a queue belongs to the path. */
  takeQueueForBase(atMs: number): void {
    this.#base.restart(atMs, this.rttMs)
    this.#baseSeenAtMs = atMs
  }

  #beyondBase(rttMs: number): number {
    return Math.max(0, rttMs - this.baseMs)
  }
}
