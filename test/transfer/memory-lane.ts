import { ShareError } from '../../src/errors.ts'
import type { TransferLane } from '../../src/transfer/ports.ts'

type Watcher = Parameters<TransferLane['listen']>[0]

export interface MemoryLaneInit {
  number: number
  transport: TransferLane['transport']
  path?: TransferLane['path']
  maxPayloadBytes: number
  /** How long the next payload takes, in milliseconds; none overtakes another. */
  delayMs: () => number
  /** Changes what the sender says on its way; gives what arrives. */
  toReceiver: (payload: Uint8Array) => Uint8Array[]
  /** The same for what the receiver says. */
  toSender: (payload: Uint8Array) => Uint8Array[]
  /** Sees each payload before it goes out, and may throw. */
  onSend: (payload: Uint8Array) => void
}

/** Calls back in a later turn of the event loop, after `ms` where that is more than nothing. */
export function after(ms: number, callback: () => void): void {
  if (ms > 0) setTimeout(callback, ms)
  else setImmediate(callback)
}

/** A lane in memory, seen from above: both of its ends, and what may befall it. */
export class MemoryLane {
  readonly number: number
  readonly transport: TransferLane['transport']
  readonly path: TransferLane['path']
  readonly sender: TransferLane
  readonly receiver: TransferLane
  readonly #ends: readonly [LaneEnd, LaneEnd]

  constructor(init: MemoryLaneInit) {
    this.number = init.number
    this.transport = init.transport
    this.path = init.path ?? 'direct'
    const sender: LaneEnd = new LaneEnd(init, init.toReceiver, () => receiver)
    const receiver: LaneEnd = new LaneEnd(init, init.toSender, () => sender)
    this.#ends = [sender, receiver]
    this.sender = sender
    this.receiver = receiver
  }

  /** Whether neither side has left it and nothing has befallen it. */
  get isOpen(): boolean {
    return this.#ends.every((end) => end.isOpen)
  }

  /** Nothing arrives any more; what is sent waits. */
  stall(): void {
    for (const end of this.#ends) end.isStalled = true
  }

  /** What waited arrives after all. */
  resume(): void {
    for (const end of this.#ends) end.resume()
  }

  /** Ends it for both sides; what is on its way is lost. */
  kill(error?: ShareError): void {
    for (const end of this.#ends) end.end(error)
  }
}

class LaneEnd implements TransferLane {
  readonly number: number
  readonly transport: TransferLane['transport']
  readonly path: TransferLane['path']
  readonly maxPayloadBytes: number
  isOpen = true
  isStalled = false
  readonly #init: MemoryLaneInit
  readonly #alter: (payload: Uint8Array) => Uint8Array[]
  readonly #other: () => LaneEnd
  readonly #underWay: { payload: Uint8Array; dueMs: number }[] = []
  readonly #early: Uint8Array[] = []
  #watcher: Watcher | undefined
  #outcome: { error: ShareError | undefined } | undefined
  #isMoving = false

  constructor(
    init: MemoryLaneInit,
    alter: (payload: Uint8Array) => Uint8Array[],
    other: () => LaneEnd,
  ) {
    this.#init = init
    this.#alter = alter
    this.#other = other
    this.number = init.number
    this.transport = init.transport
    this.path = init.path ?? 'direct'
    this.maxPayloadBytes = init.maxPayloadBytes
  }

  send(parts: readonly Uint8Array[]): void {
    if (!this.isOpen) return
    const payload = Buffer.concat(parts)
    if (payload.length > this.maxPayloadBytes) throw new TypeError('too large for the lane')
    this.#init.onSend(payload)
    this.#underWay.push({ payload, dueMs: performance.now() + this.#init.delayMs() })
    this.#move()
  }

  listen(watcher: Watcher): void {
    this.#watcher = watcher
    for (const payload of this.#early.splice(0)) watcher.onPayload(payload)
    if (this.#outcome) watcher.onEnd(this.#outcome.error)
  }

  abandon(): void {
    if (!this.isOpen) return
    this.isOpen = false
    after(0, () => this.#other().end(new ShareError('interrupted', 'The other side left')))
  }

  resume(): void {
    this.isStalled = false
    this.#move()
  }

  end(error?: ShareError): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.#outcome = { error }
    this.#watcher?.onEnd(error)
  }

  /** Delivers what is due, in order. */
  #move(): void {
    const [next] = this.#underWay
    if (this.#isMoving || this.isStalled || next === undefined) return
    this.#isMoving = true
    after(next.dueMs - performance.now(), () => {
      this.#isMoving = false
      if (!this.isOpen || this.isStalled) return
      this.#underWay.shift()
      for (const payload of this.#alter(next.payload)) this.#other().#hear(payload)
      this.#move()
    })
  }

  #hear(payload: Uint8Array): void {
    if (!this.isOpen) return
    if (this.#watcher) this.#watcher.onPayload(payload)
    else this.#early.push(payload)
  }
}
