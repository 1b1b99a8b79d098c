import { type ShareError, toShareError } from '../errors.ts'
import { LONG_PATH_MS, PROBE_INTERVAL_MS } from '../limits.ts'
import { encodeFrame } from './encode-frame.ts'
import { LaneKeeper } from './lane-keeper.ts'
import type { LaneConditions } from './lane-load.ts'
import { LanePool } from './lane-pool.ts'
import type { OutgoingChunk } from './outgoing-blocks.ts'
import type { ArrivalReport, Lanes, TransferLane } from './ports.ts'
import { Probes } from './probes.ts'
import type { RateLimit, RateShare } from './rate-limit.ts'
import type { TransferShare } from './transfer-share.ts'
import { Window } from './window.ts'

export interface DispatcherInit {
  lanes: Lanes
  /** How many lanes there are to be; as many as help when absent. */
  fixedLanes: number | undefined
  /** Whether the transfer is large enough for more than one lane. */
  isLarge: boolean
  /** What this transfer may take by now. */
  share: () => TransferShare
  /** The next chunk for a lane, if there is one now. */
  nextChunk: (chunkBytes: number, maxPayloadBytes: number) => OutgoingChunk | undefined
  /** `isLineFull`: more was ready than could be sent. */
  onSent: (chunk: OutgoingChunk, isLineFull: boolean) => void
  onLost: (chunk: OutgoingChunk) => void
  onFailure: (error: ShareError) => void
}

/** Small enough that a slow lane is not held up by one, large enough to cost little. */
const MIN_CHUNK_BYTES = 8 * 1024
/** On a path that is clear, the rate of the first moments says nothing of what it takes. */
const CLEAR_PATH_CHUNK_BYTES = 64 * 1024
/** A window is so many chunks a lane, at least, for it to be divided fairly. */
const CHUNKS_PER_LANE = 8
/** And takes the line no longer than this. */
const MAX_CHUNK_MS = 5
/** How often there is a look whether something may be sent: what is paced goes in small steps. */
const TICK_MS = 5
/** The first round trips find both sides busy; the least of so many says something. */
const FIRST_PROBES = 3
/** Where they do not show a long path, the least of so many says whether it is a short one. */
const MORE_PROBES = 10
/** While nothing is under way the path is looked at this often. */
const IDLE_PROBE_INTERVAL_MS = 500
/** A probe this late is told to the window; on longer paths, twice the round trip. */
const MIN_OVERDUE_MS = 60
/**
 * TCP costs the processor less, and bears loss better. On a line as slow as this that is full
 * neither matters much, and its longer headers take 2 % of it.
 */
const SLOW_LINE_BYTES_PER_SECOND = 4e6

/**
 * Puts chunks on lanes: as many at once as the window says, each on the lane that is best placed,
 * and makes and drops lanes as they help. Everything is driven by the receiver's reports.
 */
export class Dispatcher {
  readonly #init: DispatcherInit
  readonly #window: Window
  readonly #probes = new Probes()
  readonly #keeper: LaneKeeper
  readonly #pool: LanePool
  readonly #timer: NodeJS.Timeout
  #lastProbeMs = Number.NEGATIVE_INFINITY
  #lastAnswerMs = Number.NEGATIVE_INFINITY
  #answers = 0
  #isDispatching = false
  #shares: RateShare[] = []
  #limit: 'window' | 'lanes' | 'source' | 'rate' = 'source'
  #wasLineFull = false

  constructor(init: DispatcherInit) {
    this.#init = init
    this.#window = new Window({ maxBytes: init.share().flightBytes })
    this.#pool = new LanePool(init.lanes.first, performance.now())
    this.#keeper = new LaneKeeper({
      lanes: init.lanes,
      pool: this.#pool,
      window: this.#window,
      fixedLanes: init.isLarge ? init.fixedLanes : 1,
      mostLanes: () => init.share().lanes,
      onChange: () => this.dispatch(),
      onLost: init.onLost,
      onFailure: init.onFailure,
    })
    init.lanes.onReport((report) => this.#reported(report))
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
    this.#tick()
  }

  /** The receiver takes chunks now; they stay below `limits`. */
  begin(limits: readonly RateLimit[]): void {
    this.#shares = limits.map((limit) => limit.join())
    this.#isDispatching = true
    this.#keeper.begin(performance.now())
    this.dispatch()
  }

  /** To be called whenever there may be a chunk to send. */
  dispatch(): void {
    if (!this.#isDispatching) return
    const nowMs = performance.now()
    const chunkBytes = this.#chunkBytes()
    this.#wasLineFull = this.#limit !== 'source'
    for (;;) {
      const { outstandingBytes, deliveredBytes } = this.#pool
      this.#limit = 'rate'
      if (!this.#shares.every((share) => share.mayCarry(nowMs))) return
      this.#limit = 'window'
      const room = this.#window.roomAt(nowMs, deliveredBytes, outstandingBytes)
      if (outstandingBytes > 0 && chunkBytes > room) return
      this.#limit = 'lanes'
      const lane = this.#pool.choose(chunkBytes, this.#conditions(nowMs))
      if (lane === undefined) return
      this.#limit = 'source'
      const chunk = this.#init.nextChunk(chunkBytes, lane.maxPayloadBytes)
      if (chunk === undefined) return
      this.#send(lane, chunk, nowMs)
    }
  }

  /** What carried something lately. */
  carriers(sinceMs: number): TransferLane[] {
    return this.#pool.carriers(sinceMs)
  }

  /** No more chunks. */
  stop(): void {
    clearInterval(this.#timer)
    this.#isDispatching = false
    for (const share of this.#shares) share.leave()
    this.#keeper.stop()
  }

  /** All lanes are gone: stops, and what was on them is lost. */
  abandon(): void {
    this.stop()
    for (const chunk of this.#pool.chunks) this.#init.onLost(chunk)
  }

  #send(lane: TransferLane, chunk: OutgoingChunk, nowMs: number): void {
    const parts = encodeFrame({ type: 'chunk', ...chunk.chunk })
    const bytes = parts.reduce((sum, part) => sum + part.length, 0)
    this.#pool.sent(lane, chunk, bytes, nowMs)
    for (const share of this.#shares) share.sent(bytes)
    try {
      lane.send(parts)
    } catch (thrown) {
      this.#init.onFailure(toShareError(thrown))
      return
    }
    this.#init.onSent(chunk, this.#wasLineFull)
  }

  #chunkBytes(): number {
    const lanes = Math.max(this.#pool.further.length, 1)
    const byWindow = this.#window.bytes / (CHUNKS_PER_LANE * lanes)
    const byRate = (this.#window.rateBytesPerSecond * MAX_CHUNK_MS) / 1000
    const least = this.#window.isClear ? Math.min(byWindow, CLEAR_PATH_CHUNK_BYTES) : 0
    return Math.floor(Math.max(MIN_CHUNK_BYTES, least, Math.min(byWindow, byRate)))
  }

  #conditions(nowMs: number): LaneConditions {
    const { baseRttMs, queueMs, rateBytesPerSecond } = this.#window
    const isSlow = this.#keeper.isLineFull && rateBytesPerSecond < SLOW_LINE_BYTES_PER_SECOND
    return {
      nowMs,
      baseRttMs,
      rttMs: baseRttMs + queueMs,
      preferred: isSlow && baseRttMs >= LONG_PATH_MS ? 'udp' : 'tcp',
    }
  }

  #reported({ probe, receivedBytes }: ArrivalReport): void {
    const nowMs = performance.now()
    this.#pool.reported(receivedBytes, this.#conditions(nowMs))
    const rttMs = probe === undefined ? undefined : this.#probes.answered(probe, nowMs)
    if (rttMs !== undefined) {
      this.#lastAnswerMs = nowMs
      this.#answers += 1
      this.#window.sample({
        atMs: nowMs,
        rttMs,
        deliveredBytes: this.#pool.deliveredBytes,
        inFlightBytes: this.#pool.outstandingBytes,
        isWindowLimited: this.#isPathLimited,
        lanes: Math.max(1, this.#pool.further.length),
        chunkBytes: this.#chunkBytes(),
      })
    }
    if (!this.#isNew) this.#keeper.pathKnown(this.#window.baseRttMs)
    this.dispatch()
  }

  /** Whether more would have been sent if the path took it. */
  get #isPathLimited(): boolean {
    return this.#limit === 'window' || this.#limit === 'lanes'
  }

  #tick(): void {
    const nowMs = performance.now()
    if (nowMs - this.#lastProbeMs >= this.#probeIntervalMs) this.#probe(nowMs)
    this.dispatch()
  }

  /** Whether the path's round trip is not known yet. */
  get #isNew(): boolean {
    const isLong = this.#window.baseRttMs >= LONG_PATH_MS
    return this.#answers < (isLong ? FIRST_PROBES : MORE_PROBES)
  }

  get #probeIntervalMs(): number {
    const isBusy = this.#isDispatching && this.#pool.outstandingBytes > 0
    return this.#isNew || isBusy ? PROBE_INTERVAL_MS : IDLE_PROBE_INTERVAL_MS
  }

  /** Asks the receiver for news, and looks after the lanes. */
  #probe(nowMs: number): void {
    this.#lastProbeMs = nowMs
    this.#window.setMax(this.#init.share().flightBytes)
    this.#init.lanes.probe(this.#probes.send(nowMs))
    if (this.#isDispatching) {
      this.#noticeOverdue(nowMs)
      this.#repair(nowMs)
    }
    this.#keeper.adjust(nowMs, this.#isPathLimited)
  }

  #noticeOverdue(nowMs: number): void {
    const sinceMs = this.#probes.unansweredSinceMs
    const limitMs = Math.max(MIN_OVERDUE_MS, 2 * this.#conditions(nowMs).rttMs)
    if (sinceMs === undefined) return
    if (nowMs - sinceMs > limitMs) this.#window.overdue(nowMs, sinceMs)
  }

  /** Sends again what is late while there is nothing else to send, and what stalled lanes held. */
  #repair(nowMs: number): void {
    const conditions = this.#conditions(nowMs)
    const late = this.#limit === 'source' ? this.#pool.late(conditions) : []
    for (const chunk of [...late, ...this.#pool.stuckOnFirst(conditions)]) this.#init.onLost(chunk)
    const answerAgeMs = nowMs - this.#lastAnswerMs
    if (answerAgeMs < MIN_OVERDUE_MS + conditions.rttMs) this.#pool.pathWasAlive(PROBE_INTERVAL_MS)
    this.#keeper.replaceStalled(conditions)
  }
}
