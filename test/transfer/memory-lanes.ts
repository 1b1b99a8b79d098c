import { ShareError, throwIfAborted } from '../../src/errors.ts'
import type { ArrivalReport, Lanes, TransferLane } from '../../src/transfer/ports.ts'
import { after, MemoryLane } from './memory-lane.ts'

type Transport = TransferLane['transport'] | 'any'

export interface MemoryLanesInit {
  maxPayloadBytes?: number
  /** Whether the first lane goes by a relay; so do further ones by `any` way then. */
  isRelayed?: boolean
  /** Whether anybody looks for something better. */
  mayBeDirect?: boolean
  /** How long a payload takes on lane `lane`, in milliseconds; at once unless told otherwise. */
  delayMs?: (lane: number) => number
  /** How long a probe takes, and a report; undefined loses it. */
  probeDelayMs?: () => number | undefined
  /** Whether a further lane comes about; only those over UDP unless told otherwise. */
  opens?: (transport: Transport, lane: number) => boolean
  /** Changes what the sender says on its way; gives what arrives. */
  toReceiver?: (payload: Uint8Array, lane: number) => Uint8Array[]
  /** The same for what the receiver says. */
  toSender?: (payload: Uint8Array, lane: number) => Uint8Array[]
  /** Sees each payload before it goes out, and may throw. */
  onSend?: (payload: Uint8Array, lane: number) => void
}

/** The lanes between two sides of a transfer, in memory, with their probes. */
export class MemoryLanes {
  readonly sender: Lanes
  readonly receiver: Lanes
  /** All that were ever made, by number. */
  readonly all: MemoryLane[] = []
  readonly #init: MemoryLanesInit
  #onLane: (lane: TransferLane) => void = () => {}
  #onProbe: (probe: number) => void = () => {}
  #onReport: (report: ArrivalReport) => void = () => {}

  constructor(init: MemoryLanesInit) {
    this.#init = init
    const first = this.#add('any')
    const shared = {
      mayBeDirect: init.mayBeDirect ?? true,
      open: (transport: Transport, signal: AbortSignal) => this.#open(transport, signal),
      onLane: (handler: (lane: TransferLane) => void) => {
        this.#onLane = handler
      },
      probe: (probe: number) => this.#carry(() => this.#onProbe(probe)),
      onProbe: (handler: (probe: number) => void) => {
        this.#onProbe = handler
      },
      report: (report: ArrivalReport) => this.#carry(() => this.#onReport(report)),
      onReport: (handler: (report: ArrivalReport) => void) => {
        this.#onReport = handler
      },
    }
    this.sender = { first: first.sender, ...shared }
    this.receiver = { first: first.receiver, ...shared }
  }

  /** Those that both sides still have. */
  get open(): MemoryLane[] {
    return this.all.filter((lane) => lane.isOpen)
  }

  #add(transport: Transport): MemoryLane {
    const { maxPayloadBytes = 256 * 1024 - 17, delayMs, toReceiver, toSender, onSend } = this.#init
    const number = this.all.length
    const lane = new MemoryLane({
      number,
      transport: transport === 'any' ? 'udp' : transport,
      path: transport === 'any' && this.#init.isRelayed ? 'relay' : 'direct',
      maxPayloadBytes,
      delayMs: () => delayMs?.(number) ?? 0,
      toReceiver: (payload) => toReceiver?.(payload, number) ?? [payload],
      toSender: (payload) => toSender?.(payload, number) ?? [payload],
      onSend: (payload) => onSend?.(payload, number),
    })
    this.all.push(lane)
    return lane
  }

  async #open(transport: Transport, signal: AbortSignal): Promise<TransferLane> {
    throwIfAborted(signal)
    await new Promise<void>((resolve) => after(0, resolve))
    throwIfAborted(signal)
    const { opens = (over: Transport) => over === 'udp' } = this.#init
    if (!opens(transport, this.all.length)) throw new ShareError('no-path', 'No way through')
    const lane = this.#add(transport)
    this.#onLane(lane.receiver)
    return lane.sender
  }

  #carry(arrive: () => void): void {
    const { probeDelayMs = () => 0 } = this.#init
    const delayMs = probeDelayMs()
    if (delayMs !== undefined) after(delayMs, arrive)
  }
}
