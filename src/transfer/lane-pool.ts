import { type LaneConditions, LaneLoad } from './lane-load.ts'
import type { OutgoingChunk } from './outgoing-blocks.ts'
import type { TransferLane } from './ports.ts'

/** Once further lanes have carried so much, the first one is left to control and probes. */
const PROVEN_BYTES = 1024 * 1024
/** A lane that delivers nothing for so long, where probes come back, has collapsed. */
const MIN_STALL_MS = 1000
const STALL_ROUND_TRIPS = 8
/** At the end of a transfer a chunk this late is sent a second time. */
const MIN_LATE_MS = 150
const LATE_ROUND_TRIPS = 3

/**
 * The lanes that carry chunks, and who gets the next one: the lane that is least full. Each may
 * hold twice what it just delivered, so what is slow holds little. Direct lanes come before those
 * over a relay, and among the same one transport comes first.
 */
export class LanePool {
  readonly #first: LaneLoad
  readonly #further = new Map<number, LaneLoad>()
  /** What lanes that are gone had delivered. */
  #goneBytes = 0

  constructor(first: TransferLane, nowMs: number) {
    this.#first = new LaneLoad(first, nowMs)
  }

  /** All lanes beside the first that are in use. */
  get further(): LaneLoad[] {
    return [...this.#further.values()].filter(({ isRetired }) => !isRetired)
  }

  /** Payload bytes on their way over all lanes. */
  get outstandingBytes(): number {
    return this.#all().reduce((sum, load) => sum + load.outstandingBytes, 0)
  }

  /** Payload bytes that have arrived over all lanes. */
  get deliveredBytes(): number {
    return this.#all().reduce((sum, load) => sum + load.deliveredBytes, this.#goneBytes)
  }

  /** What is on its way over all lanes. */
  get chunks(): OutgoingChunk[] {
    return this.#all().flatMap(({ chunks }) => chunks)
  }

  add(lane: TransferLane, nowMs: number): void {
    this.#further.set(lane.number, new LaneLoad(lane, nowMs))
  }

  /** Gives the `count` newest lanes nothing more; `spent` says when they can go. */
  retireNewest(count: number): void {
    for (const load of this.further.slice(-count)) load.retire()
  }

  /** The same of those over a relay. */
  retireRelayed(): void {
    for (const load of this.further) if (load.lane.path === 'relay') load.retire()
  }

  /**
   * Lanes with nothing left to deliver: the retired ones, and those idle for `idleMs`, but for one
   * that is direct where the first is not.
   */
  spent(nowMs: number, idleMs: number): LaneLoad[] {
    const [kept] = this.#isRelayed ? this.#furtherDirect : []
    const isSpent = (load: LaneLoad) =>
      load.isRetired ? load.chunks.length === 0 : load !== kept && load.idleMs(nowMs) > idleMs
    return [...this.#further.values()].filter(isSpent)
  }

  /** Forgets a lane; gives the chunks that were on it. */
  remove(number: number): OutgoingChunk[] {
    const load = this.#further.get(number)
    if (load === undefined) return []
    this.#further.delete(number)
    this.#goneBytes += load.deliveredBytes
    return load.chunks
  }

  /** So much has arrived on each lane. */
  reported(bytes: ReadonlyMap<number, number>, { nowMs, rttMs }: LaneConditions): void {
    for (const load of this.#all()) {
      const received = bytes.get(load.lane.number)
      if (received !== undefined) load.delivered(received, nowMs, rttMs)
    }
  }

  /** The lane that is to take the next chunk, of about `chunkBytes`; undefined when all are busy. */
  choose(chunkBytes: number, conditions: LaneConditions): TransferLane | undefined {
    const { preferred } = conditions
    let best: { lane: TransferLane; rank: number; fullness: number } | undefined
    for (const load of this.#carrying()) {
      const fullness = load.fullness(chunkBytes, conditions)
      if (fullness >= 1) continue
      const rank = rankOf(load.lane, preferred)
      if (best && (best.rank === rank ? best.fullness <= fullness : best.rank > rank)) continue
      best = { lane: load.lane, rank, fullness }
    }
    return best?.lane
  }

  /** `chunk` was given to `lane` as a payload of `bytes`. */
  sent(lane: TransferLane, chunk: OutgoingChunk, bytes: number, nowMs: number): void {
    const load = lane === this.#first.lane ? this.#first : this.#further.get(lane.number)
    load?.add(chunk, bytes, nowMs)
  }

  /** The path was alive for `durationMs`: probes came back. */
  pathWasAlive(durationMs: number): void {
    for (const load of this.#all()) load.pathWasAlive(durationMs)
  }

  /** Further lanes that deliver nothing though the path is alive. */
  stalled({ rttMs }: LaneConditions): LaneLoad[] {
    const limitMs = stallLimitMs(rttMs)
    return [...this.#further.values()].filter(({ stalledMs }) => stalledMs > limitMs)
  }

  /** Chunks on the first lane, where it delivers nothing though the path is alive; each once. */
  stuckOnFirst({ nowMs, rttMs }: LaneConditions): OutgoingChunk[] {
    const isStuck = this.#further.size > 0 && this.#first.stalledMs > stallLimitMs(rttMs)
    return isStuck ? this.#first.takeLate(nowMs) : []
  }

  /** Chunks that are better sent a second time than waited for, when there is nothing else to do. */
  late({ nowMs, rttMs }: LaneConditions): OutgoingChunk[] {
    const limitMs = Math.max(MIN_LATE_MS, LATE_ROUND_TRIPS * rttMs)
    return this.#all().flatMap((load) => load.takeLate(nowMs - limitMs))
  }

  /** What carried something after `sinceMs`. */
  carriers(sinceMs: number): TransferLane[] {
    return this.#all()
      .filter((load) => load.deliveredSince(sinceMs) > 0)
      .map(({ lane }) => lane)
  }

  /** The lanes that may be given chunks. */
  #carrying(): Iterable<LaneLoad> {
    const { further } = this
    const direct = this.#furtherDirect
    const best = this.#isRelayed && direct.length > 0 ? direct : further
    const bestBytes = best.reduce((sum, load) => sum + load.deliveredBytes, 0)
    return bestBytes >= PROVEN_BYTES ? best : [this.#first, ...further]
  }

  get #isRelayed(): boolean {
    return this.#first.lane.path === 'relay'
  }

  get #furtherDirect(): LaneLoad[] {
    return this.further.filter(({ lane }) => lane.path === 'direct')
  }

  #all(): LaneLoad[] {
    return [this.#first, ...this.#further.values()]
  }
}

/** The higher, the sooner it is given something. */
function rankOf({ path, transport }: TransferLane, preferred: TransferLane['transport']): number {
  return (path === 'direct' ? 2 : 0) + (transport === preferred ? 1 : 0)
}

function stallLimitMs(rttMs: number): number {
  return Math.max(MIN_STALL_MS, STALL_ROUND_TRIPS * rttMs)
}
