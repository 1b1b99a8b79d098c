import { ShareError, toShareError } from '../errors.ts'
import type { TransferWatcher } from '../events.ts'
import { Arrivals } from './arrivals.ts'
import type { WholeBlock } from './block-assembler.ts'
import { decodeFrame } from './decode-frame.ts'
import { blockDigest } from './digests.ts'
import { encodeFrame } from './encode-frame.ts'
import type { Entry, Offer } from './frame.ts'
import type { Decoder, Lanes, Sink, TransferLane } from './ports.ts'
import { ProgressMeter } from './progress-meter.ts'
import { type ReceiveEffect, ReceiveMachine, type ReceiveOutcome } from './receive-machine.ts'
import { StallTimer } from './stall-timer.ts'

export interface ReceiverInit {
  /** Decides on an offer and opens where it goes; throws the ShareError to decline with. */
  accept: (offer: Offer) => Promise<Sink>
  /** Decompresses; absent when that is not wanted. */
  decoder?: Decoder | undefined
  onEvent: TransferWatcher
}

/** Runs a ReceiveMachine: asks, checks, writes and publishes for it, and tells how it goes. */
export class Receiver {
  /** Settles when everything is saved, or with what prevented it. */
  readonly done: Promise<ReceiveOutcome>
  readonly #init: ReceiverInit
  readonly #machine = new ReceiveMachine()
  readonly #stall = new StallTimer((error) => this.fail(error))
  #progress: ProgressMeter | undefined
  #settle: (outcome: ReceiveOutcome | ShareError) => void = () => {}
  readonly #arrivals = new Arrivals()
  readonly #lastArrivalMs = new Map<TransferLane, number>()
  #lanes: Lanes | undefined
  #sink: Sink | undefined

  constructor(init: ReceiverInit) {
    this.#init = init
    this.done = new Promise((resolve, reject) => {
      this.#settle = (outcome) =>
        outcome instanceof ShareError ? reject(outcome) : resolve(outcome)
    })
    this.done.catch(() => {})
  }

  /** Begins, on `lanes`. */
  start(lanes: Lanes): void {
    this.#lanes = lanes
    this.#stall.restart()
    lanes.onProbe((probe) => lanes.report(this.#arrivals.report(probe)))
    lanes.onLane((lane) => this.#listenFurther(lane))
    lanes.first.listen({
      onPayload: (payload) => this.#receive(lanes.first, payload),
      onEnd: (error) => this.#run(this.#machine.laneEnded(error)),
    })
  }

  /** Stops because of `error`, which the sender is told the kind of. */
  fail(error: ShareError): void {
    this.#run(this.#machine.fail(error))
  }

  #listenFurther(lane: TransferLane): void {
    lane.listen({
      onPayload: (payload) => this.#receive(lane, payload),
      onEnd: (error) => {
        this.#arrivals.remove(lane.number)
        this.#lastArrivalMs.delete(lane)
        if (error && error.code !== 'interrupted') this.fail(error)
      },
    })
  }

  #receive(lane: TransferLane, payload: Uint8Array): void {
    this.#stall.restart()
    this.#try(() => {
      const frame = decodeFrame(payload)
      if (frame.type === 'chunk') this.#arrived(lane, payload.length)
      else if (lane !== this.#lanes?.first) throw outOfTurn()
      return this.#machine.receive(frame)
    })
  }

  #arrived(lane: TransferLane, bytes: number): void {
    this.#lastArrivalMs.set(lane, performance.now())
    if (this.#arrivals.add(lane.number, bytes)) this.#lanes?.report(this.#arrivals.report())
  }

  #carriers(sinceMs: number): TransferLane[] {
    return [...this.#lastArrivalMs].filter(([, atMs]) => atMs > sinceMs).map(([lane]) => lane)
  }

  #try(step: () => readonly ReceiveEffect[]): void {
    try {
      this.#run(step())
    } catch (thrown) {
      this.fail(toShareError(thrown))
    }
  }

  #run(effects: readonly ReceiveEffect[]): void {
    for (const effect of effects) this.#perform(effect)
  }

  #perform(effect: ReceiveEffect): void {
    switch (effect.type) {
      case 'send':
        this.#lanes?.first.send(encodeFrame(effect.frame))
        return
      case 'decide':
        void this.#decide(effect.offer)
        return
      case 'write':
        void this.#write(effect.block)
        return
      case 'progress':
        this.#progress?.update(effect.writtenBytes)
        return
      case 'file': {
        const { path, bytes } = effect.entry
        this.#init.onEvent({
          event: 'file',
          path,
          bytes,
          sha256: Buffer.from(effect.digest).toString('hex'),
        })
        return
      }
      case 'publish':
        void this.#publish(effect.entries)
        return
      case 'end':
        this.#stall.stop()
        this.#settle(effect.outcome)
    }
  }

  async #decide(offer: Offer): Promise<void> {
    try {
      this.#sink = await this.#init.accept(offer)
    } catch (thrown) {
      this.#run(this.#machine.decline(toShareError(thrown)))
      return
    }
    this.#progress = new ProgressMeter({
      totalBytes: offer.bytes,
      now: () => performance.now(),
      carriers: (sinceMs) => this.#carriers(sinceMs),
      onEvent: this.#init.onEvent,
    })
    this.#try(() => this.#machine.accept())
  }

  async #write(block: WholeBlock): Promise<void> {
    try {
      const parts = await this.#decoded(block)
      if (Buffer.compare(blockDigest(...parts), block.digest) !== 0) {
        throw new ShareError('integrity', 'A block arrived damaged')
      }
      await this.#sink?.write(block.file, block.offset, parts)
    } catch (thrown) {
      this.fail(toShareError(thrown))
      return
    }
    this.#try(() => this.#machine.blockWritten(block))
  }

  async #decoded({ encoding, parts, length }: WholeBlock): Promise<Uint8Array[]> {
    if (encoding === 'plain') return parts
    const { decoder } = this.#init
    if (decoder === undefined) throw outOfTurn()
    return [await decoder.decode(encoding, Buffer.concat(parts), length)]
  }

  async #publish(entries: readonly Entry[]): Promise<void> {
    try {
      await this.#sink?.publish(entries)
    } catch (thrown) {
      this.fail(toShareError(thrown))
      return
    }
    this.#try(() => this.#machine.published())
  }
}

function outOfTurn(): ShareError {
  return new ShareError('protocol', 'The sender sent a message out of turn')
}
