/** On a path as short as this the processor is the limit, and more lanes hardly help. */
const SHORT_PATH_MS = 3
const MAX_SHORT_PATH_LANES = 4
const MAX_LONG_PATH_LANES = 40
const FIRST_LANES = 4
/** Four lanes over TCP fill 600 Mbit/s at 50 ms. */
const MORE_TCP_LANES = 4
const LANES_A_STEP = 4
/** So many are taken to help wherever the path is not full; more have to show it. */
const LANES_ON_TRUST = 16
/** By which the rate has to grow for more lanes to be kept. */
const GAIN = 1.1
/** A window that changed less than this from one look to the next has found its size. */
const STEADY_CHANGE = 0.2
const MIN_LOOK_MS = 300
const LOOK_ROUND_TRIPS = 6
/** How long a verdict stands, before the path may have changed. */
const HOLD_MS = 10_000

/** What the path looks like at one moment. */
export interface PathView {
  nowMs: number
  baseRttMs: number
  rateBytesPerSecond: number
  windowBytes: number
  /** Whether the bottleneck has a queue: then the line is full, and lanes are not the limit. */
  hasQueue: boolean
  /** Whether a lane over TCP is there. */
  hasTcp: boolean
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
  #before: { lanes: number; rateBytesPerSecond: number } | undefined

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
  begin(rttMs: number): void {
    if (this.#hasBegun) return
    this.#hasBegun = true
    if (this.#fixed === undefined && rttMs >= SHORT_PATH_MS) this.#wanted = FIRST_LANES
  }

  /** The first lane over TCP has come about on a long path. */
  addTcpLanes(): void {
    if (this.#fixed === undefined) this.#wanted += MORE_TCP_LANES
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
    const change = Math.abs(windowBytes - this.#lastWindowBytes) / windowBytes
    this.#lastWindowBytes = windowBytes
    if (baseRttMs < SHORT_PATH_MS && view.hasTcp) return
    if (view.hasQueue || change > STEADY_CHANGE) return
    if (this.#hasHelped(view)) this.#addLanes(view)
  }

  /** Whether the last step did; if not, it is taken back. */
  #hasHelped({ nowMs, rateBytesPerSecond }: PathView): boolean {
    const before = this.#before
    this.#before = undefined
    if (!before || rateBytesPerSecond > GAIN * before.rateBytesPerSecond) return true
    this.#wanted = before.lanes
    this.#nextLookMs = nowMs + HOLD_MS
    return false
  }

  #addLanes({ baseRttMs, rateBytesPerSecond }: PathView): void {
    const isShort = baseRttMs < SHORT_PATH_MS
    const most = isShort ? MAX_SHORT_PATH_LANES : MAX_LONG_PATH_LANES
    if (this.#wanted >= most) return
    const isOnTrust = !isShort && this.#wanted < LANES_ON_TRUST
    if (!isOnTrust) this.#before = { lanes: this.#wanted, rateBytesPerSecond }
    this.#wanted = Math.min(most, this.#wanted + (isShort ? 1 : LANES_A_STEP))
  }
}
