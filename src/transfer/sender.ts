import { ShareError, toShareError } from '../errors.ts'
import type { TransferWatcher } from '../events.ts'
import { BufferPool } from './buffer-pool.ts'
import { decodeFrame } from './decode-frame.ts'
import { blockDigest } from './digests.ts'
import { CHUNK_HEADER_BYTES, encodeFrame } from './encode-frame.ts'
import type { Entry, Frame, Offer } from './frame.ts'
import type { Source, TransferLane } from './ports.ts'
import { ProgressMeter } from './progress-meter.ts'
import { type SendEffect, SendMachine, type SendOutcome } from './send-machine.ts'
import { StallTimer } from './stall-timer.ts'
import type { BlockPlace } from './transfer-plan.ts'

export interface SenderInit {
  offer: Offer
  entries: readonly Entry[]
  source: Source
  onEvent: TransferWatcher
}

/** Runs a SendMachine: reads its blocks, sends its frames, and tells how it goes. */
export class Sender {
  /** Settles when the receiver has saved everything, or with what prevented it. */
  readonly done: Promise<SendOutcome>
  readonly #init: SenderInit
  readonly #machine: SendMachine
  readonly #progress: ProgressMeter
  readonly #buffers = new BufferPool()
  readonly #stall = new StallTimer((error) => this.fail(error))
  #settle: (outcome: SendOutcome | ShareError) => void = () => {}
  #lane: TransferLane | undefined
  #ended = false
  #wake = () => {}

  constructor(init: SenderInit) {
    this.#init = init
    this.#machine = new SendMachine(init.offer, init.entries)
    this.#progress = new ProgressMeter(init.offer.bytes, () => performance.now(), init.onEvent)
    this.done = new Promise((resolve, reject) => {
      this.#settle = (outcome) =>
        outcome instanceof ShareError ? reject(outcome) : resolve(outcome)
    })
    this.done.catch(() => {})
  }

  /** Begins, on `lane`. */
  start(lane: TransferLane): void {
    this.#lane = lane
    this.#stall.restart()
    this.#listen(lane)
    this.#run(this.#machine.start())
    void this.#pump(lane).catch((thrown) => this.fail(toShareError(thrown)))
  }

  /** Stops because of `error`, which the receiver is told the kind of. */
  fail(error: ShareError): void {
    this.#run(this.#machine.fail(error))
  }

  #listen(lane: TransferLane): void {
    lane.listen({
      onPayload: (payload) => this.#receive(payload),
      onEnd: (error) => this.#run(this.#machine.laneEnded(error)),
    })
  }

  #receive(payload: Uint8Array): void {
    this.#stall.restart()
    try {
      this.#run(this.#machine.receive(decodeFrame(payload)))
    } catch (thrown) {
      this.fail(toShareError(thrown))
    }
  }

  #run(effects: readonly SendEffect[]): void {
    for (const effect of effects) {
      if (effect.type === 'send') this.#send(effect.frame)
      else if (effect.type === 'progress') this.#progress.update(effect.writtenBytes)
      else this.#end(effect.outcome)
    }
    this.#readAhead()
    this.#wake()
  }

  #send(frame: Frame): void {
    this.#lane?.send(encodeFrame(frame))
    if (frame.type !== 'file') return
    const { path, bytes } = this.#init.entries[frame.file] ?? { path: '', bytes: 0 }
    this.#init.onEvent({
      event: 'file',
      path,
      bytes,
      sha256: Buffer.from(frame.digest).toString('hex'),
    })
  }

  #readAhead(): void {
    for (;;) {
      const place = this.#machine.nextRead()
      if (place === undefined) return
      void this.#read(place).catch((thrown) => this.fail(toShareError(thrown)))
    }
  }

  async #read(place: BlockPlace): Promise<void> {
    const data = this.#buffers.take(place.length)
    await this.#init.source.read(place.file, place.offset, data)
    this.#machine.blockRead(place, data, blockDigest(data))
    this.#wake()
  }

  /** Pulls frames from the machine while the lane has room; sleeps while there are none. */
  async #pump(lane: TransferLane): Promise<void> {
    const maxDataBytes = lane.maxPayloadBytes - CHUNK_HEADER_BYTES
    while (!this.#ended) {
      if (lane.room <= 0) await lane.writable()
      const frame = this.#machine.nextFrame(maxDataBytes)
      if (frame?.type === 'done') await this.#init.source.assertUnchanged()
      if (frame) this.#send(frame)
      if (frame?.type === 'chunk' && frame.digest) this.#buffers.give(frame.data)
      this.#readAhead()
      if (frame === undefined) await this.#woken()
    }
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  #end(outcome: SendOutcome | ShareError): void {
    this.#ended = true
    this.#stall.stop()
    this.#settle(outcome)
  }
}
