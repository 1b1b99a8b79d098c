import { SlidingExtreme } from './sliding-extreme.ts'

/** The shortest time over which a rate is taken: late timers must not pass for speed. */
const MIN_SPAN_MS = 80
/** Whole messages arrive in lumps; a rate is taken over at least this many. */
const MIN_MESSAGES = 6
const MAX_SPAN_MS = 2000
/** Two or three probes. */
const FRESH_SPAN_MS = 28
/** BBR remembers its best rate for two cycles of some seconds. */
const BEST_SPAN_MS = 10_000
const RECENT_BEST_SPAN_MS = 2000
/** Spent entries of the list are cut off this many at a time. */
const SPENT_ENTRIES = 512

/** So many payload bytes had arrived by then. */
export interface Delivery {
  atMs: number
  bytes: number
}

/**
 * How fast whole messages arrive, in bytes a second, from the cumulative count that the receiver
 * tells: a delivery rate as of draft-ietf-ccwg-bbr section 4.1, taken once a probe instead of once
 * a packet, since an application sees no packets.
 */
export class DeliveryRate {
  readonly #best = new SlidingExtreme('greatest', BEST_SPAN_MS)
  readonly #recentBest = new SlidingExtreme('greatest', RECENT_BEST_SPAN_MS)
  #deliveries: Delivery[] = []
  #first = 0
  #now = 0
  #fresh = 0

  /** Over the last round trip or so. */
  get now(): number {
    return this.#now
  }

  /** Over the last few samples: sooner, and less sure. */
  get fresh(): number {
    return this.#fresh
  }

  /** The best of the last ten seconds. */
  get best(): number {
    return this.#best.value ?? 0
  }

  /** The best of the last two seconds. */
  get recentBest(): number {
    return this.#recentBest.value ?? 0
  }

  /** `isOfPath`: the path set this rate, and not what there was to send. */
  sample(delivery: Delivery, rttMs: number, messageBytes: number, isOfPath: boolean): void {
    this.#deliveries.push(delivery)
    this.#forget(delivery, Math.max(MIN_SPAN_MS, rttMs), MIN_MESSAGES * messageBytes)
    this.#fresh = this.#over(delivery, FRESH_SPAN_MS)
    this.#now = this.#between(this.#deliveries[this.#first] ?? delivery, delivery, MIN_SPAN_MS / 2)
    if (!isOfPath && this.#now < this.best) return
    this.#best.add(delivery.atMs, this.#now)
    this.#recentBest.add(delivery.atMs, this.#now)
  }

  /** Drops what lies before the span that the rate is taken over. */
  #forget(newest: Delivery, spanMs: number, bytes: number): void {
    const isSpare = (next: Delivery | undefined) =>
      next !== undefined &&
      (newest.atMs - next.atMs > MAX_SPAN_MS ||
        (newest.atMs - next.atMs >= spanMs && newest.bytes - next.bytes >= bytes))
    while (isSpare(this.#deliveries[this.#first + 1])) this.#first += 1
    if (this.#first < SPENT_ENTRIES) return
    this.#deliveries = this.#deliveries.slice(this.#first)
    this.#first = 0
  }

  #over(newest: Delivery, spanMs: number): number {
    let at = this.#deliveries.length - 1
    while (at > this.#first && newest.atMs - (this.#deliveries[at]?.atMs ?? 0) < spanMs) at -= 1
    return this.#between(this.#deliveries[at] ?? newest, newest, spanMs)
  }

  #between(older: Delivery, newer: Delivery, leastMs: number): number {
    return ((newer.bytes - older.bytes) * 1000) / Math.max(newer.atMs - older.atMs, leastMs)
  }
}
