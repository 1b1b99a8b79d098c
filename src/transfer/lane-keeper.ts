import { ShareError, toShareError } from '../errors.ts'
import { MAX_LANES } from '../limits.ts'
import { DirectSeeker } from './direct-seeker.ts'
import type { LaneConditions } from './lane-load.ts'
import { LanePolicy } from './lane-policy.ts'
import type { LanePool } from './lane-pool.ts'
import type { OutgoingChunk } from './outgoing-blocks.ts'
import type { Lanes, TransferLane } from './ports.ts'
import type { Window } from './window.ts'

export interface LaneKeeperInit {
  lanes: Lanes
  pool: LanePool
  window: Window
  /** How many lanes there are to be; as many as help when undefined. */
  fixedLanes: number | undefined
  /** How many there may be beside the first one. */
  mostLanes: () => number
  /** A lane is there, or gone. */
  onChange: () => void
  /** A chunk was on a lane that is gone. */
  onLost: (chunk: OutgoingChunk) => void
  onFailure: (error: ShareError) => void
}

/** A mean queue as long as this: the line is full, and lanes are not what limits. */
const FULL_PATH_QUEUE_MS = 3
/** Of each look in the mean, which so goes back some 30 looks. */
const QUEUE_SHARE = 1 / 30
/** So long the path is looked at before lanes are judged, and a lane over TCP may come. */
const FIRST_LOOK_MS = 250
/** A lane with nothing to carry for so long is given up. */
const IDLE_LANE_MS = 4000
/** How long to leave the path alone after a lane could not be made; it doubles. */
const RETRY_DELAY_MS = 2000
const MAX_RETRY_DOUBLINGS = 6

/** Makes the lanes that a LanePolicy wants, replaces those that stall, drops those that idle. */
export class LaneKeeper {
  readonly #init: LaneKeeperInit
  readonly #policy: LanePolicy
  readonly #stopping = new AbortController()
  #beganMs = Number.POSITIVE_INFINITY
  #meanQueueMs = 0
  #opening = 0
  #failures = 0
  #retryAtMs = Number.NEGATIVE_INFINITY
  readonly #seeker = new DirectSeeker()
  #hasTriedTcp = false

  constructor(init: LaneKeeperInit) {
    this.#init = init
    this.#policy = new LanePolicy(init.fixedLanes)
    this.#tryTcp()
  }

  /** The path's round trip is known. */
  pathKnown(baseRttMs: number): void {
    this.#policy.begin(baseRttMs, this.#isRelayed)
  }

  /** Whether the bottleneck has had a queue lately. */
  get isLineFull(): boolean {
    return this.#meanQueueMs > FULL_PATH_QUEUE_MS
  }

  /** Data begins to flow. */
  begin(nowMs: number): void {
    this.#beganMs = nowMs
  }

  /** Replaces lanes that deliver nothing though probes come back. */
  replaceStalled(conditions: LaneConditions): void {
    for (const { lane } of this.#init.pool.stalled(conditions)) {
      this.#init.window.laneLost(conditions.nowMs)
      this.#drop(lane, 'it delivered nothing, though the other side was there')
    }
  }

  /** Makes and drops lanes as they help; `isLimiting` while more is ready than can be sent. */
  adjust(nowMs: number, isLimiting: boolean): void {
    this.#meanQueueMs += QUEUE_SHARE * (this.#init.window.queueMs - this.#meanQueueMs)
    this.#dropSpent(nowMs)
    this.#improvePath(nowMs)
    const missing = this.#wanted - this.#init.pool.further.length - this.#opening
    if (missing > 0) this.#openSome(missing, nowMs)
    if (missing < 0) this.#init.pool.retireNewest(-missing)
    if (missing > 0 || this.#opening > 0 || !isLimiting) return
    if (nowMs - this.#beganMs < FIRST_LOOK_MS || nowMs < this.#beganMs) return
    const { bytes: windowBytes, baseRttMs } = this.#init.window
    const { deliveredBytes } = this.#init.pool
    const { isLineFull: hasQueue } = this
    const hasTcp = this.#tcpLanes > 0
    const isRelayed = this.#isRelayed && this.#directLanes.length === 0
    const view = { baseRttMs, deliveredBytes, windowBytes, hasQueue, hasTcp, isRelayed }
    this.#policy.look({ nowMs, ...view })
  }

  /** Lanes that are being made are no longer wanted. */
  stop(): void {
    this.#stopping.abort(new ShareError('cancelled', 'The transfer is over'))
  }

  get #isRelayed(): boolean {
    return this.#init.lanes.first.path === 'relay'
  }

  get #directLanes(): TransferLane[] {
    return this.#init.pool.further.map(({ lane }) => lane).filter(({ path }) => path === 'direct')
  }

  get #tcpLanes(): number {
    return this.#directLanes.filter(({ transport }) => transport === 'tcp').length
  }

  /** Beside the first; one that is direct where the first is not is wanted in any case. */
  get #wanted(): number {
    const least = this.#isRelayed && this.#directLanes.length > 0 ? 1 : 0
    return Math.max(Math.min(this.#policy.wanted, this.#init.mostLanes()), least)
  }

  /** The first lane may have been made by a relay, and have found a direct path since. */
  #improvePath(nowMs: number): void {
    if (!this.#isRelayed) this.#tryTcp()
    else if (this.#directLanes.length > 0) this.#init.pool.retireRelayed()
    else if (this.#init.lanes.mayBeDirect && this.#init.fixedLanes !== 1) {
      if (this.#seeker.isDue(nowMs)) void this.#seekDirect()
    }
  }

  #tryTcp(): void {
    const { path, transport } = this.#init.lanes.first
    if (this.#hasTriedTcp || path === 'relay') return
    this.#hasTriedTcp = true
    const triesTcp = this.#policy.triesTcp && this.#init.mostLanes() > 0
    if (triesTcp && transport === 'udp') void this.#open('tcp', false)
  }

  async #seekDirect(): Promise<void> {
    const why = 'to see if there is a direct path by now'
    const over = this.#policy.triesTcp ? (['udp', 'tcp'] as const) : (['udp'] as const)
    const tries = over.map(async (transport) => {
      this.#add(await this.#init.lanes.open(transport, this.#stopping.signal, why))
      this.#policy.wentDirect(this.#init.window.baseRttMs)
      if (transport === 'tcp') this.#policy.tcpCame(this.#init.window.baseRttMs)
      this.#init.onChange()
    })
    const outcomes = await Promise.allSettled(tries)
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') this.#openingFailed(toShareError(outcome.reason), false)
    }
    if (outcomes.some(({ status }) => status === 'fulfilled')) this.#seeker.found()
    else this.#seeker.failed(performance.now())
  }

  #openSome(lanes: number, nowMs: number): void {
    if (nowMs < this.#retryAtMs) return
    const free = MAX_LANES - this.#init.pool.further.length - this.#opening
    const way = this.#wayOfNext
    for (let lane = 0; lane < Math.min(lanes, free); lane += 1) void this.#open(way, true)
  }

  get #wayOfNext(): TransferLane['transport'] | 'any' {
    if (this.#tcpLanes > 0) return 'tcp'
    if (!this.#isRelayed) return this.#init.lanes.first.transport
    return this.#directLanes.length > 0 ? 'udp' : 'any'
  }

  /** One that is not `isWanted` is an attempt in the background, which nothing waits for. */
  async #open(transport: TransferLane['transport'] | 'any', isWanted: boolean): Promise<void> {
    if (isWanted) this.#opening += 1
    const why = isWanted ? 'to see if it helps' : 'to see if TCP gets through'
    try {
      this.#add(await this.#init.lanes.open(transport, this.#stopping.signal, why))
      this.#failures = 0
      if (!isWanted) this.#policy.tcpCame(this.#init.window.baseRttMs)
    } catch (thrown) {
      this.#openingFailed(toShareError(thrown), isWanted)
    } finally {
      if (isWanted) this.#opening -= 1
    }
    this.#init.onChange()
  }

  /** Without a lane more the transfer goes on; only a lane that is not ours ends it. */
  #openingFailed(error: ShareError, wasWanted: boolean): void {
    if (error.code === 'integrity' || error.code === 'protocol') this.#init.onFailure(error)
    if (!wasWanted) return
    this.#failures += 1
    const doublings = Math.min(this.#failures, MAX_RETRY_DOUBLINGS)
    this.#retryAtMs = performance.now() + RETRY_DELAY_MS * 2 ** doublings
  }

  #add(lane: TransferLane): void {
    if (this.#stopping.signal.aborted) {
      lane.abandon()
      return
    }
    this.#init.pool.add(lane, performance.now())
    lane.listen({
      onPayload: () => this.#init.onFailure(outOfTurn()),
      onEnd: (error) => this.#ended(lane, error),
    })
  }

  #ended(lane: TransferLane, error?: ShareError): void {
    if (error && error.code !== 'interrupted') this.#init.onFailure(error)
    this.#forget(lane)
    this.#init.onChange()
  }

  #dropSpent(nowMs: number): void {
    // Before the receiver has accepted there is nothing to carry for any of them.
    const isEarly = nowMs - this.#beganMs < IDLE_LANE_MS
    if (isEarly || this.#init.fixedLanes !== undefined) return
    const spent = this.#init.pool.spent(nowMs, IDLE_LANE_MS)
    for (const { lane, isRetired } of spent) {
      this.#drop(lane, isRetired ? 'it did not help' : 'it had nothing to carry')
    }
    this.#policy.dropped(spent.filter(({ isRetired }) => !isRetired).length)
  }

  #drop(lane: TransferLane, why: string): void {
    lane.abandon(why)
    this.#forget(lane)
  }

  #forget(lane: TransferLane): void {
    for (const chunk of this.#init.pool.remove(lane.number)) this.#init.onLost(chunk)
  }
}

function outOfTurn(): ShareError {
  return new ShareError('protocol', 'The receiver sent a message out of turn')
}
