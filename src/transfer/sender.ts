import { type ShareError, toShareError } from '../errors.ts'
import type { TransferWatcher } from '../events.ts'
import { LARGE_TRANSFER_BYTES } from '../limits.ts'
import { BufferPool } from './buffer-pool.ts'
import { decodeFrame } from './decode-frame.ts'
import { blockDigest } from './digests.ts'
import { Dispatcher } from './dispatcher.ts'
import { encodeFrame } from './encode-frame.ts'
import type { Encoding, Entry, Frame, Offer } from './frame.ts'
import type { BlockToRead, OutgoingChunk, ReadBlock } from './outgoing-blocks.ts'
import type { Encoder, Lanes, Source, TransferLane } from './ports.ts'
import { ProgressMeter } from './progress-meter.ts'
import { type SendEffect, SendMachine, type SendOutcome } from './send-machine.ts'
import { StallTimer } from './stall-timer.ts'

export interface SenderInit {
  offer: Offer
  entries: readonly Entry[]
  source: Source
  /** Compresses; absent when the two sides have nothing in common, or do not want it. */
  encoder?: Encoder | undefined
  /** How many lanes to use; as many as help when absent. */
  lanes?: number | undefined
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
  #first: TransferLane | undefined
  #dispatcher: Dispatcher | undefined

  constructor(init: SenderInit) {
    this.#init = init
    this.#machine = new SendMachine(init.offer, init.entries, ({ data, encoding }) => {
      if (encoding === 'plain') this.#buffers.give(data)
    })
    this.#progress = new ProgressMeter({
      totalBytes: init.offer.bytes,
      now: () => performance.now(),
      carriers: (sinceMs) => this.#dispatcher?.carriers(sinceMs) ?? [],
      onEvent: init.onEvent,
    })
    this.done = new Promise((resolve, reject) => {
      this.#settle = (outcome) => ('code' in outcome ? reject(outcome) : resolve(outcome))
    })
    this.done.catch(() => {})
  }

  /** Begins, on `lanes`. */
  start(lanes: Lanes): void {
    this.#first = lanes.first
    this.#dispatcher = new Dispatcher({
      lanes,
      fixedLanes: this.#init.lanes,
      isLarge: this.#init.offer.bytes >= LARGE_TRANSFER_BYTES,
      nextChunk: (chunkBytes, maxPayloadBytes) => this.#nextChunk(chunkBytes, maxPayloadBytes),
      onSent: (chunk, isLineFull) => this.#sent(chunk, isLineFull),
      onLost: (chunk) => this.#machine.chunkLost(chunk),
      onFailure: (error) => this.fail(error),
    })
    this.#stall.restart()
    lanes.first.listen({
      onPayload: (payload) => this.#receive(payload),
      onEnd: (error) => this.#run(this.#machine.laneEnded(error)),
    })
    this.#run(this.#machine.start())
  }

  /** Stops because of `error`, which the receiver is told the kind of. */
  fail(error: ShareError): void {
    this.#run(this.#machine.fail(error))
  }

  #receive(payload: Uint8Array): void {
    this.#stall.restart()
    try {
      const frame = decodeFrame(payload)
      this.#run(this.#machine.receive(frame))
      if (frame.type === 'accept') this.#dispatcher?.begin()
    } catch (thrown) {
      this.fail(toShareError(thrown))
    }
  }

  #run(effects: readonly SendEffect[]): void {
    for (const effect of effects) this.#perform(effect)
    this.#readAhead()
  }

  #perform(effect: SendEffect): void {
    switch (effect.type) {
      case 'send':
        this.#send(effect.frame)
        return
      case 'progress':
        this.#progress.update(effect.writtenBytes)
        return
      case 'confirm':
        void this.#confirm()
        return
      case 'end':
        this.#end(effect.outcome)
    }
  }

  #send(frame: Frame): void {
    try {
      this.#first?.send(encodeFrame(frame))
    } catch (thrown) {
      this.#run(this.#machine.laneEnded(toShareError(thrown)))
    }
    if (frame.type !== 'file') return
    const { path, bytes } = this.#init.entries[frame.file] ?? { path: '', bytes: 0 }
    const sha256 = Buffer.from(frame.digest).toString('hex')
    this.#init.onEvent({ event: 'file', path, bytes, sha256 })
  }

  #nextChunk(chunkBytes: number, maxPayloadBytes: number) {
    const chunk = this.#machine.nextChunk(chunkBytes, maxPayloadBytes)
    // What was handed out makes room to read further.
    this.#readAhead()
    return chunk
  }

  #readAhead(): void {
    for (;;) {
      const block = this.#machine.nextRead()
      if (block === undefined) return
      void this.#read(block).catch((thrown) => this.fail(toShareError(thrown)))
    }
  }

  async #read({ place, encoding }: BlockToRead): Promise<void> {
    const data = this.#buffers.take(place.length)
    await this.#init.source.read(place.file, place.offset, data)
    const digest = blockDigest(data)
    const encoded = await this.#encode(data, encoding)
    if (encoded) this.#buffers.give(data)
    const content: ReadBlock = encoded
      ? { data: encoded.data, encoding: encoded.encoding, digest }
      : { data, encoding: 'plain', digest }
    this.#run(this.#machine.blockRead(place, content))
    this.#dispatcher?.dispatch()
  }

  /** `data` encoded, as it was before if it was; undefined where it goes as it is. */
  async #encode(data: Uint8Array, before: Encoding | undefined) {
    const { encoder } = this.#init
    if (encoder === undefined || before === 'plain') return undefined
    const { encoding } = encoder
    const encoded = await (before ? encoder.encodeAgain(data) : encoder.encode(data))
    return encoded && { data: encoded, encoding }
  }

  #sent(chunk: OutgoingChunk, isLineFull: boolean): void {
    const { block } = chunk
    const wireBytes = chunk.chunk.data.length
    const blockBytes = (wireBytes / block.wireBytes) * block.place.length
    this.#machine.chunkSent(chunk)
    this.#init.encoder?.sent(wireBytes, blockBytes, isLineFull)
  }

  async #confirm(): Promise<void> {
    try {
      await this.#init.source.assertUnchanged()
    } catch (thrown) {
      this.fail(toShareError(thrown))
      return
    }
    this.#run(this.#machine.confirmed())
  }

  #end(outcome: SendOutcome | ShareError): void {
    this.#dispatcher?.stop()
    this.#stall.stop()
    this.#settle(outcome)
  }
}
