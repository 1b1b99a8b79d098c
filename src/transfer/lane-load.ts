import {
  EARLY_BYTES,
  LONG_PATH_MS,
  MAX_EARLY_UDP_FLIGHT_BYTES,
  MAX_LANE_FLIGHT_BYTES,
  MAX_TCP_FLIGHT_BYTES,
  SHORT_PATH_MS,
} from '../limits.ts'
import type { OutgoingChunk } from './outgoing-blocks.ts'
import type { TransferLane } from './ports.ts'

/** What the lanes are doing at one moment. */
export interface LaneConditions {
  nowMs: number
  rttMs: number
  /** Without queues. */
  baseRttMs: number
  /** Lanes over it are filled first. */
  preferred: TransferLane['transport']
}

interface Outstanding {
  chunk: OutgoingChunk
  /** Payload bytes of the lane up to and with it. */
  endsAt: number
  sentMs: number
  /** Whether it was sent a second time over another lane. */
  isRepeated: boolean
}

/** So far back the delivery of a lane is looked at, at least: a few reports. */
const MIN_SPAN_MS = 30
/** A lane may hold what it delivered in a span this many times over, so that it can grow. */
const GROWTH = 2
/** And always so many chunks: one on the wire, one behind it. */
const MIN_CHUNKS = 2

/** What one lane carries: the chunks given to it and not yet reported to have arrived. */
export class LaneLoad {
  readonly lane: TransferLane
  readonly #outstanding: Outstanding[] = []
  /** How much had arrived when, over the last span. */
  #history: { atMs: number; bytes: number }[]
  #sentBytes = 0
  #deliveredBytes = 0
  #lastBusyMs: number
  #stalledMs = 0
  #isRetired = false

  constructor(lane: TransferLane, nowMs: number) {
    this.lane = lane
    this.#lastBusyMs = nowMs
    this.#history = [{ atMs: nowMs, bytes: 0 }]
  }

  get outstandingBytes(): number {
    return this.#sentBytes - this.#deliveredBytes
  }

  get deliveredBytes(): number {
    return this.#deliveredBytes
  }

  get chunks(): OutgoingChunk[] {
    return this.#outstanding.map(({ chunk }) => chunk)
  }

  /** Whether it is given nothing more, and goes when it has delivered what it holds. */
  get isRetired(): boolean {
    return this.#isRetired
  }

  retire(): void {
    this.#isRetired = true
  }

  /** How long it has had nothing to carry, in milliseconds. */
  idleMs(nowMs: number): number {
    return this.#outstanding.length > 0 ? 0 : nowMs - this.#lastBusyMs
  }

  /** How long it has delivered nothing of what it holds while the path was alive, in milliseconds. */
  get stalledMs(): number {
    return this.#stalledMs
  }

  /** The path was alive for so long: what is held should have moved. */
  pathWasAlive(durationMs: number): void {
    this.#stalledMs = this.#outstanding.length > 0 ? this.#stalledMs + durationMs : 0
  }

  /** How full it is, in chunks of `chunkBytes`: below 1 it may be given more. */
  fullness(chunkBytes: number, { nowMs, rttMs, baseRttMs }: LaneConditions): number {
    const recent = this.deliveredSince(nowMs - Math.max(rttMs, MIN_SPAN_MS))
    const mayHold = GROWTH * recent + MIN_CHUNKS * chunkBytes
    return this.outstandingBytes / Math.min(mayHold, this.#mostBytes(baseRttMs))
  }

  /**
   * Over TCP, the engine drops packets where the kernel takes no more, so on a long path it must
   * not be given more than a socket buffer surely holds. Over UDP the receiver's kernel drops them,
   * and on a short path all that is under way may be in its buffer at once.
   */
  #mostBytes(baseRttMs: number): number {
    const isTcp = this.lane.transport === 'tcp'
    if (isTcp && baseRttMs >= LONG_PATH_MS) return MAX_TCP_FLIGHT_BYTES
    const isEarly = this.#deliveredBytes < EARLY_BYTES && baseRttMs < SHORT_PATH_MS
    return isEarly && !isTcp ? MAX_EARLY_UDP_FLIGHT_BYTES : MAX_LANE_FLIGHT_BYTES
  }

  /** Bytes that arrived after `sinceMs`. */
  deliveredSince(sinceMs: number): number {
    const base = this.#history.findLast(({ atMs }) => atMs <= sinceMs) ?? this.#history[0]
    return this.#deliveredBytes - (base?.bytes ?? 0)
  }

  /** The chunks sent before `beforeMs` that were not taken by an earlier call. */
  takeLate(beforeMs: number): OutgoingChunk[] {
    const late = this.#outstanding.filter((each) => each.sentMs < beforeMs && !each.isRepeated)
    for (const each of late) each.isRepeated = true
    return late.map(({ chunk }) => chunk)
  }

  /** A chunk was given to it, as a payload of `bytes`. */
  add(chunk: OutgoingChunk, bytes: number, nowMs: number): void {
    this.#sentBytes += bytes
    this.#outstanding.push({ chunk, endsAt: this.#sentBytes, sentMs: nowMs, isRepeated: false })
  }

  /** So many payload bytes of it have arrived, all in all; `spanMs` of history are kept. */
  delivered(bytes: number, nowMs: number, spanMs: number): void {
    if (bytes <= this.#deliveredBytes || bytes > this.#sentBytes) return
    this.#deliveredBytes = bytes
    this.#lastBusyMs = nowMs
    this.#stalledMs = 0
    while ((this.#outstanding[0]?.endsAt ?? Number.POSITIVE_INFINITY) <= bytes) {
      this.#outstanding.shift()
    }
    this.#history.push({ atMs: nowMs, bytes })
    const keepFromMs = nowMs - Math.max(spanMs, MIN_SPAN_MS)
    while ((this.#history[1]?.atMs ?? nowMs) < keepFromMs) this.#history.shift()
  }
}
