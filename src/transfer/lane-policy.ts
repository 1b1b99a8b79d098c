import { LONG_PATH_MS, SHORT_PATH_MS } from '../limits.ts'

/** On a short path the processor is the limit, and more lanes hardly help. */
const MAX_SHORT_PATH_LANES = 4
const MAX_LONG_PATH_LANES = 40
const FIRST_LANES = 4
/** Four lanes over TCP fill 600 Mbit/s at 50 ms. */
const LONG_PATH_TCP_LANES = 4
const LANES_A_STEP = 4
/** Each is a place on the relay for either side, and relays give out few. */
const MAX_RELAYED_LANES = 8
const RELAYED_LANES_A_STEP = 2
/** So many are taken to help wherever the path is not full; more have to show it. */
const LANES_ON_TRUST = 16
/** By which the rate has to grow for more lanes to be kept. */
const GAIN = 1.1
/** A window that changed less than this from one look to the next has found its size. */
const STEADY_CHANGE = 0.2
const MIN_LOOK_MS = 300
const LOOK_ROUND_TRIPS = 6
/** New lanes have found their pace by then, and so long each step's rate is measured. */
const JUDGE_MS = 1000
/** How long the verdict on a step that did not help stands; it doubles, for paths hardly change. */
const HOLD_MS = 10_000
const MAX_HOLD_MS = 80_000

/** What the path looks like at one moment. */
export interface PathView {
  nowMs: number
  baseRttMs: number
  /** What has arrived since the transfer began. */
  deliveredBytes: number
  windowBytes: number
  /** Whether the bottleneck has a queue: then the line is full, and lanes are not the limit. */
  hasQueue: boolean
  /** Whether a lane over TCP is there. */
  hasTcp: boolean
  /** Whether a relay carries it all, which has to show that it carries more over more lanes. */
  isRelayed: boolean
}

/**
 * How many lanes beside the first there should be. Lanes are the limit where the window has
 * stopped growing and yet there is no queue: loss keeps each of them small. Then lanes are added,
 * beyond LANES_ON_TRUST only as long as each step makes the transfer faster.
 */
export class LanePolicy {
  readonly #fixed: number | undefined
  #wanted = 0
  #hasBegun = false
  #nextLookMs = Number.NEGATIVE_INFINITY
  #lastWindowBytes = 0
  /** Since when the rate is measured, and what had arrived by then. */
  #measuredFrom = { atMs: 0, bytes: 0 }
  /** The last step, of which it is not known yet whether it helped. */
  #step: { lanesBefore: number; bytesPerSecondBefore: number; isMeasured: boolean } | undefined
  #holdMs = HOLD_MS

  /** With `fixed`, so many lanes, come what may; 1 is the first lane alone. */
  constructor(fixed?: number) {
    this.#fixed = fixed
    if (fixed !== undefined && fixed > 1) this.#wanted = fixed
  }

  get wanted(): number {
    return this.#wanted
  }

  /** Whether it is worth trying a lane over TCP. */
  get triesTcp(): boolean {
    return this.#fixed === undefined
  }

  /** A round trip is known; a long path is known to want several lanes. */
  begin(rttMs: number, isRelayed = false): void {
    if (this.#hasBegun) return
    this.#hasBegun = true
    if (isRelayed) return
    if (this.#fixed === undefined && rttMs >= SHORT_PATH_MS) this.#wanted = FIRST_LANES
  }

  /** The lane over TCP that was tried in the background has come about. */
  tcpCame(rttMs: number): void {
    if (this.#fixed === undefined) this.#wanted += rttMs >= LONG_PATH_MS ? LONG_PATH_TCP_LANES : 1
  }

  /** There is a direct path in the place of a relay, with one lane so far. */
  wentDirect(rttMs: number): void {
    if (this.#fixed !== undefined) return
    this.#step = undefined
    this.#wanted = rttMs >= SHORT_PATH_MS ? FIRST_LANES : 1
  }

  /** Lanes were closed because nothing was left for them to carry. */
  dropped(lanes: number): void {
    if (this.#fixed === undefined) this.#wanted = Math.max(0, this.#wanted - lanes)
  }

  /** To be told now and then, while all wanted lanes are there. */
  look(view: PathView): void {
    const { nowMs, baseRttMs, windowBytes } = view
    if (this.#fixed !== undefined || nowMs < this.#nextLookMs) return
    this.#nextLookMs = nowMs + Math.max(MIN_LOOK_MS, LOOK_ROUND_TRIPS * baseRttMs)
    const bytesPerSecond = this.#measure(view)
    const change = Math.abs(windowBytes - this.#lastWindowBytes) / windowBytes
    this.#lastWindowBytes = windowBytes
    if (this.#step !== undefined && !this.#step.isMeasured) {
      this.#step.isMeasured = true
      this.#nextLookMs = Math.max(this.#nextLookMs, nowMs + JUDGE_MS)
      return
    }
    if (baseRttMs < SHORT_PATH_MS && view.hasTcp) return
    if (view.hasQueue || change > STEADY_CHANGE) return
    if (this.#hasHelped(nowMs, bytesPerSecond)) this.#addLanes(view, bytesPerSecond)
  }

  /** The rate since the last look. */
  #measure({ nowMs, deliveredBytes }: PathView): number {
    const { atMs, bytes } = this.#measuredFrom
    this.#measuredFrom = { atMs: nowMs, bytes: deliveredBytes }
    return ((deliveredBytes - bytes) * 1000) / (nowMs - atMs)
  }

  /** Whether the last step did; if not, it is taken back. */
  #hasHelped(nowMs: number, bytesPerSecond: number): boolean {
    const step = this.#step
    this.#step = undefined
    if (!step || bytesPerSecond > GAIN * step.bytesPerSecondBefore) return true
    this.#wanted = Math.min(this.#wanted, step.lanesBefore)
    this.#nextLookMs = nowMs + this.#holdMs
    this.#holdMs = Math.min(2 * this.#holdMs, MAX_HOLD_MS)
    return false
  }

  #addLanes({ baseRttMs, isRelayed }: PathView, bytesPerSecondBefore: number): void {
    const isShort = baseRttMs < SHORT_PATH_MS
    const [most, step] = mostLanes(isShort, isRelayed)
    if (this.#wanted >= most) return
    const isOnTrust = !isShort && !isRelayed && this.#wanted < LANES_ON_TRUST
    if (!isOnTrust) {
      this.#step = { lanesBefore: this.#wanted, bytesPerSecondBefore, isMeasured: false }
    }
    this.#wanted = Math.min(most, this.#wanted + step)
  }
}

/** How many lanes beside the first at most, and by how many their number grows. */
function mostLanes(isShort: boolean, isRelayed: boolean): [most: number, step: number] {
  if (isShort) return [MAX_SHORT_PATH_LANES, 1]
  return isRelayed ? [MAX_RELAYED_LANES, RELAYED_LANES_A_STEP] : [MAX_LONG_PATH_LANES, LANES_A_STEP]
}
