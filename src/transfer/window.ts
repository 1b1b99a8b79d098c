import { SHORT_PATH_MS } from '../limits.ts'
import { type Delivery, DeliveryRate } from './delivery-rate.ts'
import { Pacer } from './pacer.ts'
import { PathDelay } from './path-delay.ts'

/** What the sender learns about the path at one moment. */
export interface PathSample {
  /** Sender's clock. */
  atMs: number
  /**
   * Round trip of a probe that came back now: a small message on an unordered, unreliable channel
   * of a connection without bulk, if there is one. A lost probe never comes back.
   */
  rttMs: number
  /** Payload that has arrived over all lanes so far, in whole messages; told in the answer. */
  deliveredBytes: number
  /** Sent minus delivered, before anything is sent on account of this sample. */
  inFlightBytes: number
  /** Whether there was more to send than `bytesAt` let the sender. */
  isWindowLimited: boolean
  /** Lanes that carry bulk. */
  lanes: number
  /** Bytes of one message. */
  chunkBytes: number
}

export interface WindowInit {
  /** The window never exceeds this. */
  maxBytes: number
}

/** Before anything is known: what four small messages hold, and a lane sends in a round trip. */
const START_BYTES = 64 * 1024
const START_CHUNKS = 4
const LANE_START_BYTES = 12 * 1024
/** Below two messages the line would stand still while one is reported. */
const MIN_CHUNKS = 2

/**
 * Bytes of queue held per square root of the rate in bytes a second: with the least target this
 * comes to 8 ms at 25 MB/s and 22 ms at 2.5.
 */
const QUEUE_FACTOR = 32
/** Clocks in JavaScript are no better. */
const MIN_TARGET_MS = 2
const MAX_TARGET_MS = 50
/** A slow line has to wait for whole messages; a queue of a small one keeps it busy meanwhile. */
const MESSAGE_BYTES = 16 * 1024
const MAX_MESSAGE_TARGET_MS = 100
/** The part of the difference between target and queue that one round trip corrects. */
const CORRECTION = 0.35
/**
 * A queue below this part of the target for some rounds makes the correction double each round,
 * as velocity in Copa, up to this share of the window.
 */
const LOW_SHARE = 0.8
const LOW_ROUNDS = 2
const MAX_VELOCITY = 32
const QUICK_SHARE = 0.1
/** What one round trip leaves of a window at least. */
const MAX_CUT = 0.5

/** In flight at most: this many times what the best rate fills, and a message a lane. */
const CAP_GAIN = 1.6
const CAP_SLACK_MS = 10
/** Between one answer and the next, deliveries are taken to go on, but no longer than this. */
const FORECAST_MS = 30
/** An answer is half an interval between probes old when it is used. */
const NEWS_AGE_MS = 7
const PACING_GAIN = 1.25

/** What growth adds before its effect is seen must fit into a queue of so many ms or bytes. */
const OVERSHOOT_MS = 30
const OVERSHOOT_BYTES = 128 * 1024
/** Beyond a round trip: until the next probe, and until a second one confirms the first. */
const FEEDBACK_MS = 40
const MIN_GROWTH = 0.25
const MAX_GROWTH = 1
/** Growth back to a window that is known to be right. */
const RETURN_GROWTH = 0.5
/** A window grows no further than this above what was in flight. */
const USED_GAIN = 1.25
/** Queue that ends growth: a part of the base, within these bounds. */
const FULL_SHARE = 1 / 16
const MIN_FULL_MS = 4
const MAX_FULL_MS = 12
const MIN_FULL_SHORT_PATH_MS = 7
/** Rounds with hardly a queue after which growth is quick again. */
const EMPTY_ROUNDS = 3
const EMPTY_SHARE = 0.25
/** The least duration of a round, so that each holds a few probes. */
const MIN_ROUND_MS = 60

const DRAIN_EVERY_MS = 10_000
const DRAIN_EVERY_ROUNDS = 40
/** Sooner after quick growth, when the base may have been learnt from others' queues. */
const SECOND_DRAIN_MS = 3000
const SECOND_DRAIN_ROUNDS = 15
const DRAIN_LEAST_SHARE = 0.5
const DRAIN_EXTRA_MS = 40

/** Longer without an answer than a few lost probes and a late event loop explain. */
const SILENCE_MS = 50
/** Rounds in which cutting has not shortened the round trip: so it is no queue of ours. */
const VAIN_ROUNDS = 3

/** A lane lost at a shorter queue than this was not lost to a full one. */
const LEAST_FULL_MS = 8
/** Of the queue at which a lane was lost, so much is taken to be safe, for so long. */
const SAFE_SHARE = 0.5
const SAFE_SPAN_MS = 30_000

/** On a short path a processor's noise outweighs any queue; from this round trip on it does not. */
const LONG_PATH_MS = 5
/** So much is in flight on a short path at least, by the best rate of the last seconds. */
const SHORT_PATH_QUEUE_MS = 45
/**
 * And from the start, until a queue of NEW_PATH_QUEUE_MS shows: the lanes' own slow start is quick
 * there, and careful enough.
 */
const SHORT_PATH_BYTES = 512 * 1024
const NEW_PATH_QUEUE_MS = 30

type Phase =
  | { name: 'growing'; untilBytes: number }
  | { name: 'steady'; queuedAtMs: number }
  | { name: 'draining'; untilMs: number; fromBytes: number; peakMs: number }

interface Round {
  atMs: number
  bytes: number
  queueMs: number
}

const clamp = (value: number, least: number, greatest: number): number =>
  Math.max(least, Math.min(greatest, value))

/**
 * How much may be in flight over all lanes of a transfer together.
 *
 * Each lane is an SCTP association with a congestion window of its own, but several of them push
 * the same queue over its end at once, and this engine's associations fall to a crawl after a
 * burst of losses. So one window over all of them keeps the queue short of loss:
 *
 * - Steady: a proportional controller in the manner of Vegas (Brakmo and Peterson 1995) and FAST
 *   (Wei, Jin, Low and Hegde 2006) that holds a number of own bytes in the bottleneck's queue.
 *   The number grows with the square root of the rate. A flow's share of a queue is its share of
 *   the line, so that flows come to equal rates wherever that exponent is below one; the constant
 *   delay of LEDBAT (RFC 6817) has exponent one and lets any shares stand.
 * - Growing: like HyStart++ (RFC 9406), exponential until the round trip lengthens, but by a
 *   factor small enough for the path: what is added before its effect comes back must fit the
 *   queue. Quick growth also resumes when the queue stays empty, as velocity does in Copa
 *   (Arun and Balakrishnan, NSDI 2018).
 * - Draining: after quick growth, and every ten seconds unless the base round trip was seen
 *   anyway, the window gives way for a round trip, to see the path without its own queue
 *   (ProbeRTT of draft-ietf-ccwg-bbr, slowdowns of draft-irtf-iccrg-ledbat-plus-plus).
 *
 * Loss does not enter: each lane answers its own. Whatever the delay says, the window stays below
 * a multiple of what the best recent rate fills (as BBR's cwnd_gain).
 */
export class Window {
  #maxBytes: number
  readonly #delay = new PathDelay()
  readonly #rate = new DeliveryRate()
  readonly #pacer = new Pacer()
  #phase: Phase = { name: 'growing', untilBytes: Number.POSITIVE_INFINITY }
  #bytes: number
  #withheldBytes = 0
  #sentBytes = 0
  /** The longest queue that is thought to be safe, once a lane was lost to a longer one. */
  #safeQueue = { ms: Number.POSITIVE_INFINITY, sinceMs: 0 }
  /** No queue has been seen yet. */
  #isNew = true
  #news: Delivery = { atMs: 0, bytes: 0 }
  #last: PathSample | undefined
  #nextDrainMs = Number.POSITIVE_INFINITY
  #round: Round = { atMs: 0, bytes: 0, queueMs: 0 }
  #previousBytes = 0
  #vainRounds = 0
  #lowRounds = 0
  #fullSinceMs = 0

  constructor(init: WindowInit) {
    this.#maxBytes = init.maxBytes
    this.#bytes = Math.min(START_BYTES, init.maxBytes)
  }

  /** From now on the window never exceeds `maxBytes`. */
  setMax(maxBytes: number): void {
    this.#maxBytes = maxBytes
    this.#bytes = Math.min(this.#bytes, maxBytes)
  }

  /** How many bytes may be in flight over all lanes together. */
  get bytes(): number {
    return this.#bytes - this.#withheldBytes
  }

  /** Payload that arrived in the last round trip or so. */
  get rateBytesPerSecond(): number {
    return this.#rate.now
  }

  /** The round trip without queues. */
  get baseRttMs(): number {
    return this.#delay.baseMs
  }

  /** What queues add to a round trip. */
  get queueMs(): number {
    return this.#delay.queueMs
  }

  /** Whether the path is short and no queue has been seen on it: lanes may find their own pace. */
  get isClear(): boolean {
    return this.#isNew && this.#nearness === 1
  }

  /**
   * How many bytes may be sent at `atMs`, given what is known by then: `deliveredBytes` have
   * arrived and `inFlightBytes` more have been sent. That is the window, which moves on by what is
   * likely to have arrived since the last news, paced. Negative when too much is in flight. To be
   * asked every few milliseconds while there is something to send.
   */
  roomAt(atMs: number, deliveredBytes: number, inFlightBytes: number): number {
    if (deliveredBytes !== this.#news.bytes) this.#news = { atMs, bytes: deliveredBytes }
    const rate = Math.max(this.#rate.now, this.#rate.fresh) / 1000
    const arrivedBytes = rate * clamp(atMs - this.#news.atMs, 0, FORECAST_MS)
    const gain = PACING_GAIN * (this.#phase.name === 'growing' ? 1 + this.#growth : 1)
    const bytesPerMs = (gain * this.#bytes) / (this.#delay.rttMs + NEWS_AGE_MS)
    const mostBytes = deliveredBytes + this.bytes + arrivedBytes
    const sentBytes = deliveredBytes + inFlightBytes
    return this.#pacer.allow(atMs, bytesPerMs, mostBytes) - sentBytes
  }

  /** A probe has come back. */
  sample(sample: PathSample): void {
    const last = this.#last ?? sample
    this.#last = sample
    this.#learn(sample)
    this.#settleWithheld()
    this.#step(sample, last)
    this.#bound(sample)
  }

  /**
   * No probe has come back of those sent at `sinceMs` or later (to be told every 20 ms or so).
   * Hardly anything gets through then: what would have arrived by now stands in a queue or is
   * lost, and is withheld until the next answer tells which.
   */
  overdue(atMs: number, sinceMs: number): void {
    const silentMs = Math.max(0, atMs - sinceMs - this.#delay.rttMs - SILENCE_MS)
    const unheardBytes = (this.#rate.now * silentMs) / 1000
    this.#withheldBytes = Math.min(unheardBytes, this.#bytes * MAX_CUT)
  }

  /**
   * A lane was given up because it crawled. It must have lost too much at once a while ago; if the
   * queue was long then, that was more than the bottleneck holds, and half of it is to do for now.
   */
  laneLost(atMs: number): void {
    const { peakQueueMs } = this.#delay
    if (peakQueueMs < LEAST_FULL_MS) return
    const ms = Math.min(this.#safeQueue.ms, peakQueueMs * SAFE_SHARE)
    this.#safeQueue = { ms, sinceMs: atMs }
  }

  get #targetMs(): number {
    const rate = Math.max(1, this.#rate.now)
    const fairMs = MIN_TARGET_MS + (1000 * QUEUE_FACTOR) / Math.sqrt(rate)
    const messageMs = (1000 * MESSAGE_BYTES) / rate
    const ms = clamp(messageMs, Math.min(fairMs, MAX_TARGET_MS), MAX_MESSAGE_TARGET_MS)
    return clamp(this.#safeQueue.ms, ms / 2, ms)
  }

  get #velocity(): number {
    return clamp(2 ** (this.#lowRounds - LOW_ROUNDS), 1, MAX_VELOCITY)
  }

  get #targetBytes(): number {
    return (this.#rate.now * this.#targetMs) / 1000
  }

  get #fullMs(): number {
    const isShort = this.#delay.baseMs < SHORT_PATH_MS
    const least = isShort ? MIN_FULL_SHORT_PATH_MS : MIN_FULL_MS
    return clamp(this.#delay.baseMs * FULL_SHARE, least, MAX_FULL_MS)
  }

  /** Bytes to grow by for each byte delivered; less when a queue begins to show. */
  get #growth(): number {
    const byTime = Math.min(OVERSHOOT_MS, this.#safeQueue.ms) / (this.#delay.baseMs + FEEDBACK_MS)
    const least = Math.max(MIN_GROWTH, MAX_GROWTH * this.#nearness)
    const growth = clamp(Math.max(byTime, OVERSHOOT_BYTES / this.#bytes), least, MAX_GROWTH)
    return growth * clamp(1 - this.#delay.freshQueueMs / this.#fullMs, 0, 1)
  }

  #learn(sample: PathSample): void {
    const { atMs, deliveredBytes, chunkBytes } = sample
    this.#pacer.sent(deliveredBytes + sample.inFlightBytes, chunkBytes)
    this.#delay.sample(atMs, sample.rttMs)
    const delivery = { atMs, bytes: deliveredBytes }
    this.#rate.sample(delivery, this.#delay.rttMs, chunkBytes, sample.isWindowLimited)
    this.#forgetAbandoned(deliveredBytes + sample.inFlightBytes)
    if (this.#delay.freshQueueMs > NEW_PATH_QUEUE_MS) this.#isNew = false
    if (atMs - this.#safeQueue.sinceMs < SAFE_SPAN_MS) return
    this.#safeQueue = { ms: this.#safeQueue.ms * 2, sinceMs: atMs }
  }

  /** Bytes given back by a lane that was closed have not filled the path; nor may others now. */
  #forgetAbandoned(sentBytes: number): void {
    const abandonedBytes = Math.max(0, this.#sentBytes - sentBytes)
    this.#sentBytes = sentBytes
    const fillingBytes = (this.#rate.now * this.#delay.rttMs) / 1000
    this.#bytes = Math.max(Math.min(this.#bytes, fillingBytes), this.#bytes - abandonedBytes)
  }

  /** After a silence: what was withheld is cut if there is a queue indeed. */
  #settleWithheld(): void {
    if (this.#delay.queueMs > this.#targetMs) this.#bytes -= this.#withheldBytes
    this.#withheldBytes = 0
  }

  #step(sample: PathSample, last: PathSample): void {
    const phase = this.#phase
    if (phase.name === 'draining') this.#drain(sample, phase)
    else if (phase.name === 'growing') this.#grow(sample, last, phase.untilBytes)
    else this.#hold(sample, last, phase)
  }

  #grow(sample: PathSample, last: PathSample, untilBytes: number): void {
    const isReturn = untilBytes < Number.POSITIVE_INFINITY
    if (this.#delay.queueMs <= this.#fullMs) this.#fullSinceMs = sample.atMs
    const queuedMs = sample.atMs - this.#fullSinceMs
    if (!isReturn && queuedMs >= Math.max(this.#delay.rttMs, MIN_ROUND_MS)) {
      const nextMs = Math.max(SECOND_DRAIN_MS, SECOND_DRAIN_ROUNDS * this.#delay.rttMs)
      this.#startDraining(sample, nextMs)
      return
    }
    if (sample.isWindowLimited) {
      const delivered = sample.deliveredBytes - last.deliveredBytes
      const grown = this.#bytes + delivered * (isReturn ? RETURN_GROWTH : this.#growth)
      this.#raise(grown, sample, last)
    }
    const isThere = this.#bytes >= untilBytes || this.#delay.queueMs >= this.#targetMs
    if (isReturn && isThere) this.#settle(sample, Math.min(this.#bytes, untilBytes))
  }

  /** Up to `bytes`, but not far above what the sender made use of (as RFC 7661). */
  #raise(bytes: number, sample: PathSample, last: PathSample): void {
    const inFlightBytes = Math.max(sample.inFlightBytes, last.inFlightBytes)
    const deliveredBytes = sample.deliveredBytes - last.deliveredBytes
    const usefulBytes = USED_GAIN * inFlightBytes + deliveredBytes + MIN_CHUNKS * sample.chunkBytes
    this.#bytes = Math.max(this.#bytes, Math.min(bytes, usefulBytes))
  }

  #settle(sample: PathSample, bytes: number): void {
    this.#bytes = bytes
    this.#phase = { name: 'steady', queuedAtMs: sample.atMs }
    this.#previousBytes = bytes
    this.#vainRounds = 0
    this.#lowRounds = 0
    this.#round = { atMs: sample.atMs, bytes, queueMs: this.#delay.queueMs }
  }

  #hold(sample: PathSample, last: PathSample, phase: Phase & { name: 'steady' }): void {
    const { atMs } = sample
    const { queueMs, rttMs, baseSeenAtMs } = this.#delay
    const everyMs = Math.max(DRAIN_EVERY_MS, DRAIN_EVERY_ROUNDS * rttMs)
    if (atMs > Math.max(this.#nextDrainMs, baseSeenAtMs + SECOND_DRAIN_MS)) {
      this.#startDraining(sample, everyMs)
      return
    }
    const isEmpty = queueMs < this.#targetMs * EMPTY_SHARE && sample.isWindowLimited
    if (!isEmpty) phase.queuedAtMs = atMs
    if (atMs - phase.queuedAtMs > EMPTY_ROUNDS * rttMs + MIN_ROUND_MS) {
      this.#phase = { name: 'growing', untilBytes: Number.POSITIVE_INFINITY }
      return
    }
    this.#correct(sample, last)
    this.#endRound(atMs)
  }

  /** Moves own bytes in the queue towards their target. */
  #correct(sample: PathSample, last: PathSample): void {
    const { queueMs, rttMs } = this.#delay
    const byRate = (queueMs * this.#rate.now) / 1000
    const byShare = (sample.inFlightBytes * queueMs) / rttMs
    const change = CORRECTION * (this.#targetBytes - Math.min(byRate, byShare))
    const rounds = clamp((sample.atMs - last.atMs) / rttMs, 0, 1)
    if (change <= 0) {
      this.#bytes += rounds * Math.max(change, -MAX_CUT * this.#bytes)
    } else if (sample.isWindowLimited) {
      const quick = Math.min(change * this.#velocity, QUICK_SHARE * this.#bytes)
      this.#raise(this.#bytes + rounds * Math.max(change, quick), sample, last)
    }
  }

  /**
   * A queue of our own shrinks when the window does. Where it does not, round after round, the
   * path has become longer, or others fill the queue regardless; either way the delay is given.
   */
  #endRound(atMs: number): void {
    const { queueMs, rttMs } = this.#delay
    const round = this.#round
    if (atMs - round.atMs < Math.max(rttMs, MIN_ROUND_MS)) return
    this.#lowRounds = queueMs < LOW_SHARE * this.#targetMs ? this.#lowRounds + 1 : 0
    const wasCut = round.bytes < 0.9 * this.#previousBytes
    const isVain = wasCut && queueMs > 2 * this.#targetMs && queueMs > 0.95 * round.queueMs
    this.#vainRounds = isVain ? this.#vainRounds + 1 : 0
    this.#previousBytes = round.bytes
    this.#round = { atMs, bytes: this.#bytes, queueMs }
    if (this.#vainRounds < VAIN_ROUNDS) return
    this.#delay.takeQueueForBase(atMs)
    this.#vainRounds = 0
    this.#nextDrainMs = atMs + SECOND_DRAIN_MS
  }

  #startDraining(sample: PathSample, nextMs: number): void {
    const { queueMs, baseMs, rttMs } = this.#delay
    const takenMs = 3 * queueMs + clamp(baseMs / 2, 10, 50)
    const left = this.#bytes - (this.#rate.now * takenMs) / 1000
    this.#phase = {
      name: 'draining',
      untilMs: sample.atMs + rttMs + DRAIN_EXTRA_MS,
      fromBytes: this.#bytes,
      peakMs: queueMs,
    }
    this.#bytes = Math.max(this.#bytes * DRAIN_LEAST_SHARE, left)
    this.#nextDrainMs = sample.atMs + nextMs
  }

  /** The longest queue seen while draining is what the window before it had built up. */
  #drain(sample: PathSample, phase: Phase & { name: 'draining' }): void {
    phase.peakMs = Math.max(phase.peakMs, this.#delay.queueMs)
    if (sample.atMs < phase.untilMs) return
    const excess = (this.#rate.recentBest * phase.peakMs) / 1000 - this.#targetBytes
    const untilBytes = phase.fromBytes - clamp(excess, 0, phase.fromBytes * MAX_CUT)
    this.#phase = { name: 'growing', untilBytes }
  }

  #bound(sample: PathSample): void {
    const { chunkBytes } = sample
    const lanes = Math.max(1, sample.lanes)
    const start = Math.max(START_CHUNKS * chunkBytes, lanes * LANE_START_BYTES)
    const filledMs = CAP_GAIN * this.#delay.baseMs + this.#targetMs + CAP_SLACK_MS
    const cap = (this.#rate.best / 1000) * filledMs + lanes * chunkBytes
    const isFirstGrowth =
      this.#phase.name === 'growing' && this.#nextDrainMs === Number.POSITIVE_INFINITY
    const leastChunks = isFirstGrowth ? start : MIN_CHUNKS * chunkBytes
    const least = Math.max(this.#shortPathBytes, leastChunks)
    this.#bytes = clamp(this.#bytes, least, Math.max(least, cap, start))
    this.#bytes = Math.min(this.#bytes, this.#maxBytes)
  }

  /** From 0 on a long path to 1 on a short one. */
  get #nearness(): number {
    return clamp((LONG_PATH_MS - this.#delay.baseMs) / (LONG_PATH_MS - SHORT_PATH_MS), 0, 1)
  }

  get #shortPathBytes(): number {
    const queueMs = Math.min(SHORT_PATH_QUEUE_MS, this.#safeQueue.ms)
    const bytes = (this.#rate.recentBest / 1000) * queueMs
    return this.#nearness * Math.max(bytes, this.#isNew ? SHORT_PATH_BYTES : 0)
  }
}
