import { type PathSample, Window } from '../../src/transfer/window.ts'
import { SimulatedLane } from './simulated-lane.ts'
import type { SimulatedLink, Train } from './simulated-link.ts'

/** One transfer. */
export interface FlowOptions {
  lanes: number
  startMs?: number
  /** What there is to send, in bytes a second; without end when absent. */
  supply?: number
  /** Share of the probes that a busy event loop holds up, by 0-15 ms. */
  noise?: number
  /** How often the sender looks whether it may send, apart from when an answer comes. */
  pollMs?: number
  /** The only connection carries the probes too. */
  hasOneConnection?: boolean
}

/** What the sender knew and what the window said after it. */
export interface WindowSample extends PathSample {
  windowBytes: number
}

const KIB = 1024
/** What the windows of all flows are bounded by. */
export const MAX_WINDOW_BYTES = 64 * KIB * KIB
const PROBE_EVERY_MS = 15
const PROBE_BYTES = 60
const MAX_LATE_MS = 15
const REPORT_BYTES = 512 * KIB
const OVERDUE_MS = 60
const MIN_CHUNK_BYTES = 16 * KIB
const MAX_CHUNK_BYTES = 256 * KIB
const CHUNKS_PER_LANE = 8
/** A message takes the line for no longer than this, or its burst fills a short queue. */
const CHUNK_MS = 5
const MIN_SPAN_MS = 30
const MIN_CRAWL_MS = 1000
const CRAWL_ROUND_TRIPS = 8

/** What is known of one lane: how much had arrived when. */
interface LaneNews {
  lane: SimulatedLane
  arrivedBytes: number
  history: { atMs: number; bytes: number }[]
}

/** A sender with more to send than the path takes, and its receiver. */
export class SimulatedFlow {
  readonly samples: WindowSample[] = []
  /** What has arrived in whole messages. */
  deliveredBytes = 0
  readonly #link: SimulatedLink
  readonly #options: FlowOptions
  readonly #random: () => number
  readonly #window = new Window({ maxBytes: MAX_WINDOW_BYTES })
  #lanes: LaneNews[]
  #sentBytes = 0
  #knownBytes = 0
  #goneBytes = 0
  #goneCollapses = 0
  #unreportedBytes = 0
  #isLimited = true
  #probedAtMs = Number.NEGATIVE_INFINITY
  #polledAtMs = Number.NEGATIVE_INFINITY
  #unansweredMs: number[] = []

  constructor(link: SimulatedLink, options: FlowOptions, random: () => number) {
    this.#link = link
    this.#options = options
    this.#random = random
    this.#lanes = Array.from({ length: options.lanes }, () => this.#openLane())
  }

  get collapses(): number {
    return this.#lanes.reduce((sum, { lane }) => sum + lane.collapses, this.#goneCollapses)
  }

  step(atMs: number): void {
    if (atMs < (this.#options.startMs ?? 0)) return
    if (atMs - this.#probedAtMs >= PROBE_EVERY_MS) this.#tick(atMs)
    if (atMs - this.#polledAtMs >= (this.#options.pollMs ?? 4)) this.#fill(atMs)
    for (const { lane } of this.#lanes) lane.step(atMs)
  }

  get #chunkBytes(): number {
    const { bytes, rateBytesPerSecond } = this.#window
    const share = bytes / (CHUNKS_PER_LANE * this.#options.lanes)
    const moment = (rateBytesPerSecond * CHUNK_MS) / 1000
    const chunkBytes = Math.floor(Math.min(share, moment, MAX_CHUNK_BYTES))
    return Math.max(MIN_CHUNK_BYTES, chunkBytes)
  }

  #openLane(): LaneNews {
    const lane = new SimulatedLane(this.#link, (bytes, atMs) => this.#arrived(bytes, atMs))
    return { lane, arrivedBytes: 0, history: [] }
  }

  /** Lanes that crawl are replaced, and what they held is sent again. */
  #replaceCrawling(atMs: number): void {
    const limitMs = Math.max(MIN_CRAWL_MS, CRAWL_ROUND_TRIPS * this.#window.baseRttMs)
    this.#lanes = this.#lanes.map((news) => {
      const { lane, arrivedBytes } = news
      if (atMs - (lane.oldestGivenAtMs ?? atMs) < limitMs || this.#options.lanes === 1) return news
      lane.abandon()
      this.#window.laneLost(atMs)
      this.#goneBytes += arrivedBytes
      this.#goneCollapses += lane.collapses
      this.#sentBytes -= lane.givenBytes - arrivedBytes
      return this.#openLane()
    })
  }

  #tick(atMs: number): void {
    this.#probedAtMs = atMs
    this.#replaceCrawling(atMs)
    this.#unansweredMs.push(atMs)
    this.#sendProbe(atMs)
    const since = this.#unansweredMs[0] ?? atMs
    const limitMs = Math.max(OVERDUE_MS, 2 * (this.#window.baseRttMs + this.#window.queueMs))
    if (this.samples.length > 0 && atMs - since > limitMs) this.#window.overdue(atMs, since)
  }

  #sendProbe(sentMs: number): void {
    const isLate = this.#random() < (this.#options.noise ?? 0.2)
    const lateMs = isLate ? this.#random() * MAX_LATE_MS : 0
    let told: Map<SimulatedLane, number> = new Map()
    const probe: Train = {
      bytes: PROBE_BYTES,
      lostBytes: 0,
      lostPackets: 0,
      arrive: () => {
        told = this.#count()
      },
      return: (atMs) => {
        if (probe.lostPackets === 0) this.#answered(sentMs, atMs, lateMs, told)
      },
    }
    if (this.#options.hasOneConnection) this.#lanes[0]?.lane.giveProbe(probe)
    else this.#link.send(probe)
  }

  #count(): Map<SimulatedLane, number> {
    this.#unreportedBytes = 0
    return new Map(this.#lanes.map(({ lane }) => [lane, lane.arrivedBytes]))
  }

  #arrived(bytes: number, atMs: number): void {
    this.deliveredBytes += bytes
    this.#unreportedBytes += bytes
    if (this.#unreportedBytes < REPORT_BYTES) return
    const told = this.#count()
    this.#link.reply(atMs, (thenMs) => {
      this.#hear(told, thenMs)
      this.#fill(thenMs)
    })
  }

  #hear(told: ReadonlyMap<SimulatedLane, number>, atMs: number): void {
    const spanMs = Math.max(MIN_SPAN_MS, this.#window.baseRttMs + this.#window.queueMs)
    for (const news of this.#lanes) {
      const bytes = told.get(news.lane) ?? 0
      if (bytes <= news.arrivedBytes) continue
      news.arrivedBytes = bytes
      news.history.push({ atMs, bytes })
      while ((news.history[1]?.atMs ?? atMs) < atMs - spanMs) news.history.shift()
    }
    this.#knownBytes = this.#lanes.reduce((sum, each) => sum + each.arrivedBytes, this.#goneBytes)
  }

  #answered(
    sentMs: number,
    atMs: number,
    lateMs: number,
    told: ReadonlyMap<SimulatedLane, number>,
  ): void {
    this.#unansweredMs = this.#unansweredMs.filter((each) => each > sentMs)
    this.#hear(told, atMs)
    const sample: PathSample = {
      atMs,
      rttMs: atMs - sentMs + lateMs,
      deliveredBytes: this.#knownBytes,
      inFlightBytes: this.#sentBytes - this.#knownBytes,
      isWindowLimited: this.#isLimited,
      lanes: this.#lanes.length,
      chunkBytes: this.#chunkBytes,
    }
    this.#window.sample(sample)
    this.samples.push({ ...sample, windowBytes: this.#window.bytes })
    this.#fill(atMs)
  }

  #fill(atMs: number): void {
    this.#polledAtMs = atMs
    const chunkBytes = this.#chunkBytes
    const { supply = Number.POSITIVE_INFINITY, startMs = 0 } = this.#options
    const availableBytes = (supply * (atMs - startMs)) / 1000
    for (;;) {
      const inFlightBytes = this.#sentBytes - this.#knownBytes
      const room = this.#window.roomAt(atMs, this.#knownBytes, inFlightBytes)
      this.#isLimited = true
      if (inFlightBytes > 0 && room < chunkBytes) return
      const lane = this.#choose(chunkBytes, atMs)
      if (lane === undefined) return
      this.#isLimited = this.#sentBytes + chunkBytes <= availableBytes
      if (!this.#isLimited) return
      this.#sentBytes += chunkBytes
      lane.give(chunkBytes, atMs)
    }
  }

  /** Each lane may hold twice what it delivered in the last round trip, and two messages. */
  #choose(chunkBytes: number, atMs: number): SimulatedLane | undefined {
    const spanMs = Math.max(MIN_SPAN_MS, this.#window.baseRttMs + this.#window.queueMs)
    let best: SimulatedLane | undefined
    let bestRoom = chunkBytes
    for (const { lane, arrivedBytes, history } of this.#lanes) {
      const before = history.findLast((each) => each.atMs <= atMs - spanMs) ?? history[0]
      const recentBytes = arrivedBytes - (before?.bytes ?? 0)
      const room = 2 * recentBytes + 2 * chunkBytes - (lane.givenBytes - arrivedBytes)
      if (room < bestRoom || (best && room === bestRoom)) continue
      best = lane
      bestRoom = room
    }
    return best
  }
}
