import { ShareError, toShareError } from '../errors.ts'
import type { TransferWatcher } from '../events.ts'
import type { WholeBlock } from './block-assembler.ts'
import { decodeFrame } from './decode-frame.ts'
import { blockDigest } from './digests.ts'
import { encodeFrame } from './encode-frame.ts'
import type { Entry, Offer } from './frame.ts'
import type { Sink, TransferLane } from './ports.ts'
import { ProgressMeter } from './progress-meter.ts'
import { type ReceiveEffect, ReceiveMachine, type ReceiveOutcome } from './receive-machine.ts'
import { StallTimer } from './stall-timer.ts'

export interface ReceiverInit {
  /** Decides on an offer and opens where it goes; throws the ShareError to decline with. */
  accept: (offer: Offer) => Promise<Sink>
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
  #lane: TransferLane | undefined
  #sink: Sink | undefined

  constructor(init: ReceiverInit) {
    this.#init = init
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
  }

  /** Stops because of `error`, which the sender is told the kind of. */
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
    this.#try(() => this.#machine.receive(decodeFrame(payload)))
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
        this.#lane?.send(encodeFrame(effect.frame))
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
    this.#progress = new ProgressMeter(offer.bytes, () => performance.now(), this.#init.onEvent)
    this.#try(() => this.#machine.accept())
  }

  async #write(block: WholeBlock): Promise<void> {
    try {
      if (Buffer.compare(blockDigest(...block.parts), block.digest) !== 0) {
        throw new ShareError('integrity', 'A block arrived damaged')
      }
      await this.#sink?.write(block.file, block.offset, block.parts)
    } catch (thrown) {
      this.fail(toShareError(thrown))
      return
    }
    this.#try(() => this.#machine.blockWritten(block))
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
