import { deferred } from '../deferred.ts'
import { ShareError, toShareError } from '../errors.ts'
import type { TransferWatcher } from '../events.ts'
import { MAX_HAVE_DIGESTS } from '../limits.ts'
import { Arrivals } from './arrivals.ts'
import { BlockList } from './block-list.ts'
import { ControlStream } from './control-stream.ts'
import { decodeFrame } from './decode-frame.ts'
import type { Entry, Offer } from './frame.ts'
import type { WholeBlock } from './incoming-blocks.ts'
import type { Decoder, Lanes, Sink, TransferLane } from './ports.ts'
import { ProgressMeter } from './progress-meter.ts'
import { type ReceiveEffect, ReceiveMachine, type ReceiveOutcome } from './receive-machine.ts'
import { StallTimer } from './stall-timer.ts'
import { writeBlock } from './write-block.ts'

export interface ReceiverInit {
  /** Decides on an offer and opens where it goes; throws the ShareError to decline with. */
  accept: (offer: Offer) => Promise<Sink>
  /** Decompresses; absent when that is not wanted. */
  decoder?: Decoder | undefined
  /** What the sender is asked to stay below, in bytes a second. */
  limitBytesPerSecond?: number | undefined
  /** Told when the connection is lost; then `resume` or `fail` has to follow. Absent: it ends. */
  onLost?: ((error: ShareError) => void) | undefined
  /** Told when the offer is accepted. */
  onAccepted?: (() => void) | undefined
  onEvent: TransferWatcher
}

/** Runs a ReceiveMachine: asks, checks, writes and publishes for it, and tells how it goes. */
export class Receiver {
  readonly #done = deferred<ReceiveOutcome>()
  readonly #init: ReceiverInit
  readonly #machine = new ReceiveMachine()
  readonly #stall = new StallTimer((error) => this.fail(error))
  readonly #control = new ControlStream()
  readonly #written = new BlockList((blocks) => this.#say({ type: 'ack', blocks }))
  readonly #lastArrivalMs = new Map<TransferLane, number>()
  #arrivals = new Arrivals()
  #lanes: Lanes | undefined
  #offer: Offer | undefined
  #sink: Sink | undefined
  #progress: ProgressMeter | undefined
  #totalBytes: number | null = null
  /** Entries are taken in one batch after the other. */
  #taking: Promise<void> = Promise.resolve()
  #isOver = false

  constructor(init: ReceiverInit) {
    this.#init = init
  }

  /** Settles when everything is saved, or with what prevented it. */
  get done(): Promise<ReceiveOutcome> {
    return this.#done.promise
  }

  /** Whether everything is there, and needs no sender any more to be saved. */
  get hasAll(): boolean {
    return this.#machine.hasAll
  }

  /** Begins, on `lanes`. */
  start(lanes: Lanes): void {
    this.#attach(lanes, true)
  }

  /** Goes on, on `lanes` of a new session, whether or not it knew that the old ones are lost. */
  resume(lanes: Lanes): void {
    if (!this.#isOver) this.#attach(lanes, false)
  }

  /**
   * Says again, over `lanes` of a new session, what the sender may not have heard: that everything
   * is saved, in the end. Settles when it is said, or cannot be.
   */
  async repeatEnd({ first }: Lanes): Promise<void> {
    this.#lanes = undefined
    await new Promise<void>((resolve) => {
      this.#control.attach(first, false)
      first.listen({
        onPayload: (payload) => {
          const frame = decodeFrame(payload)
          // All else it says of what is over.
          if (frame.type !== 'received') return
          this.#control.confirmed(frame.frames)
          resolve()
        },
        onEnd: () => resolve(),
      })
    })
  }

  /** Stops because of `error`, which the sender is told the kind of. */
  fail(error: ShareError): void {
    this.#run(this.#machine.fail(error))
  }

  #attach(lanes: Lanes, isFirst: boolean): void {
    const arrivals = new Arrivals()
    const { first } = lanes
    this.#arrivals = arrivals
    this.#lastArrivalMs.clear()
    this.#lanes = lanes
    this.#stall.restart()
    this.#control.attach(first, isFirst)
    lanes.onProbe((probe) => lanes.report(arrivals.report(probe)))
    lanes.onLane((lane) => this.#listenFurther(lanes, lane))
    first.listen({
      onPayload: (payload) => {
        if (lanes === this.#lanes) this.#receive(first, payload)
      },
      onEnd: (error) => {
        if (lanes === this.#lanes) this.#laneEnded(error)
      },
    })
  }

  #laneEnded(error?: ShareError): void {
    const { onLost } = this.#init
    if (error?.code !== 'interrupted' || onLost === undefined || this.#isOver) {
      this.#run(this.#machine.laneEnded(error))
      return
    }
    this.#lanes = undefined
    this.#stall.stop()
    this.#control.detach()
    onLost(error)
  }

  #listenFurther(lanes: Lanes, lane: TransferLane): void {
    lane.listen({
      onPayload: (payload) => {
        if (lanes === this.#lanes) this.#receive(lane, payload)
      },
      onEnd: (error) => {
        if (lanes !== this.#lanes) return
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
      if (frame.type === 'received') {
        this.#control.confirmed(frame.frames)
        return []
      }
      if (frame.type !== 'chunk') this.#control.counted()
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
        this.#say(effect.frame)
        return
      case 'ack':
        this.#written.add(effect.block)
        return
      case 'decide':
        void this.#decide(effect.offer)
        return
      case 'total':
        void this.#expect(effect.bytes)
        return
      case 'list':
        this.#inTurn(() => this.#list(effect.first, effect.entries))
        return
      case 'compare':
        this.#inTurn(() => this.#compare(effect.files, effect.through))
        return
      case 'write':
        void this.#write(effect.block)
        return
      case 'finish':
        void this.#answer(this.#sink?.finish(effect.file, effect.bytes), () =>
          this.#machine.finished(effect.file),
        )
        return
      case 'progress':
        this.#progress?.update(effect.writtenBytes)
        return
      case 'file': {
        const { path, bytes } = effect
        const sha256 = Buffer.from(effect.digest).toString('hex')
        this.#init.onEvent({ event: 'file', path, bytes, sha256 })
        return
      }
      case 'publish':
        void this.#answer(this.#sink?.publish(), () => this.#machine.published())
        return
      case 'end':
        this.#end(effect.outcome)
    }
  }

  #say(frame: Parameters<ControlStream['send']>[0]): void {
    try {
      // SAVED and ABORT come after what was written before them.
      if (frame.type !== 'ack') this.#written.flush()
      this.#control.send(frame)
    } catch (thrown) {
      this.#run(this.#machine.laneEnded(toShareError(thrown)))
    }
  }

  /** Waits for `work`, and tells the machine what came of it; what it throws ends the transfer. */
  async #answer<Result>(
    work: Promise<Result> | undefined,
    tell: (result: Result | undefined) => readonly ReceiveEffect[],
  ): Promise<void> {
    try {
      const result = await work
      this.#run(tell(result))
    } catch (thrown) {
      this.fail(toShareError(thrown))
    }
  }

  #inTurn(step: () => Promise<void>): void {
    this.#taking = this.#taking
      .then(() => (this.#isOver ? undefined : step()))
      .catch((thrown) => this.fail(toShareError(thrown)))
  }

  async #decide(offer: Offer): Promise<void> {
    this.#offer = offer
    try {
      this.#sink = await this.#init.accept(offer)
      // What was counted while it was decided.
      if (this.#totalBytes !== null) await this.#sink.assertRoomFor?.(this.#totalBytes)
    } catch (thrown) {
      this.#run(this.#machine.decline(toShareError(thrown)))
      return
    }
    this.#init.onAccepted?.()
    this.#totalBytes ??= offer.isCounted ? offer.bytes : null
    this.#progress = new ProgressMeter({
      totalBytes: () => this.#totalBytes,
      now: () => performance.now(),
      carriers: (sinceMs) => this.#carriers(sinceMs),
      onEvent: this.#init.onEvent,
    })
    const { mayHave } = this.#sink
    this.#try(() => this.#machine.accept(mayHave, this.#init.limitBytesPerSecond))
  }

  async #expect(bytes: number): Promise<void> {
    this.#totalBytes = bytes
    await this.#answer(this.#sink?.assertRoomFor?.(bytes), () => [])
  }

  async #list(first: number, entries: readonly Entry[]): Promise<void> {
    await this.#sink?.list(first, entries)
    this.#run(this.#machine.taken(first, entries))
  }

  async #compare(files: readonly number[], through: number): Promise<void> {
    for (const file of files) {
      if (this.#isOver) return
      const found = await this.#sink?.compare(file, this.#offer?.blockBytes ?? 0)
      if (found === 'skip') this.#run(this.#machine.skipped(file))
      else if (found) await this.#tellWhatIsThere(file, found)
    }
    this.#run(this.#machine.compared(through))
  }

  async #tellWhatIsThere(file: number, found: AsyncIterable<Uint8Array>): Promise<void> {
    let digests: Uint8Array[] = []
    for await (const digest of found) {
      if (this.#isOver) return
      digests.push(digest)
      if (digests.length < MAX_HAVE_DIGESTS) continue
      this.#run(this.#machine.had(file, Buffer.concat(digests)))
      digests = []
    }
    if (digests.length > 0) this.#run(this.#machine.had(file, Buffer.concat(digests)))
  }

  async #write(block: WholeBlock): Promise<void> {
    const { decoder } = this.#init
    const writing = this.#sink && writeBlock(block, this.#sink, decoder)
    await this.#answer(writing, (digests) =>
      digests ? this.#machine.packWritten(block, digests) : this.#machine.blockWritten(block),
    )
  }

  #end(outcome: ReceiveOutcome | ShareError): void {
    this.#isOver = true
    this.#stall.stop()
    if (outcome instanceof ShareError) this.#done.reject(outcome)
    else this.#done.resolve(outcome)
  }
}

function outOfTurn(): ShareError {
  return new ShareError('protocol', 'The sender sent a message out of turn')
}
