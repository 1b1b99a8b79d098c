import { deferred } from '../deferred.ts'
import { type ShareError, toShareError } from '../errors.ts'
import type { TransferWatcher } from '../events.ts'
import { LARGE_TRANSFER_BYTES } from '../limits.ts'
import { BlockList } from './block-list.ts'
import { BufferPool } from './buffer-pool.ts'
import { ControlStream } from './control-stream.ts'
import { decodeFrame } from './decode-frame.ts'
import { blockDigest, packDigest } from './digests.ts'
import { Dispatcher } from './dispatcher.ts'
import type { Encoding, Offer } from './frame.ts'
import type { BlockToRead, OutgoingChunk, ReadBlock } from './outgoing-blocks.ts'
import type { Encoder, Lanes, Source, TransferLane } from './ports.ts'
import { ProgressMeter } from './progress-meter.ts'
import { RateLimit } from './rate-limit.ts'
import { type SendEffect, SendMachine, type SendOutcome } from './send-machine.ts'
import { StallTimer } from './stall-timer.ts'
import type { BlockPlace, PackPart } from './transfer-plan.ts'
import { type TransferShare, transferShare } from './transfer-share.ts'

export interface SenderInit {
  offer: Offer
  source: Source
  /** What comes of counting, where the offer says that it is not over. */
  totals?: Promise<{ files: number; bytes: number }> | undefined
  /** Compresses; absent when the two sides have nothing in common, or do not want it. */
  encoder?: Encoder | undefined
  /** How many lanes to use; as many as help when absent. */
  lanes?: number | undefined
  /** What the transfer stays below, with others that have the same limit. */
  limit?: RateLimit | undefined
  /** What the offer waits for; what it throws ends the transfer. */
  ready?: Promise<void> | undefined
  /** What it may take of this machine by now; all that is good for it when absent. */
  share?: (() => TransferShare) | undefined
  /** Told when the connection is lost; then `resume` or `fail` has to follow. Absent: it ends. */
  onLost?: ((error: ShareError) => void) | undefined
  /** Told when the receiver accepts. */
  onAccepted?: (() => void) | undefined
  onEvent: TransferWatcher
}

/** Runs a SendMachine: lists and reads for it, sends its frames, and tells how it goes. */
export class Sender {
  readonly #done = deferred<SendOutcome>()
  readonly #init: SenderInit
  readonly #share: () => TransferShare
  readonly #machine: SendMachine
  readonly #progress: ProgressMeter
  readonly #buffers = new BufferPool()
  readonly #stall = new StallTimer((error) => this.fail(error))
  readonly #control = new ControlStream()
  readonly #kept = new BlockList((blocks) => this.#say({ type: 'keep', blocks }))
  #first: TransferLane | undefined
  #dispatcher: Dispatcher | undefined
  #totalBytes: number | null
  /** What the receiver asked to stay below. */
  #receiverLimit: RateLimit | undefined
  #isOver = false

  constructor(init: SenderInit) {
    this.#init = init
    this.#share = init.share ?? (() => transferShare(1))
    this.#totalBytes = init.offer.isCounted ? init.offer.bytes : null
    const onReleased = ({ data, encoding }: ReadBlock) => {
      if (encoding === 'plain') this.#buffers.give(data)
    }
    this.#machine = new SendMachine(init.offer, onReleased, () => this.#share().readAheadBlocks)
    this.#progress = new ProgressMeter({
      totalBytes: () => this.#totalBytes,
      now: () => performance.now(),
      carriers: (sinceMs) => this.#dispatcher?.carriers(sinceMs) ?? [],
      onEvent: init.onEvent,
    })
  }

  /** Settles when the receiver has saved everything, or with what prevented it. */
  get done(): Promise<SendOutcome> {
    return this.#done.promise
  }

  /** Begins, on `lanes`. */
  start(lanes: Lanes): void {
    this.#attach(lanes, true)
    const { ready } = this.#init
    if (ready === undefined) this.#offer()
    else ready.then(() => this.#offer()).catch((thrown) => this.fail(toShareError(thrown)))
  }

  #offer(): void {
    if (this.#isOver) return
    this.#run(this.#machine.start())
    if (!this.#init.offer.isCounted) void this.#count()
  }

  /** Goes on, on `lanes` of a new session, whether or not it knew that the old ones are lost. */
  resume(lanes: Lanes): void {
    if (this.#isOver) return
    this.#detach()
    this.#attach(lanes, false)
    if (this.#machine.isSending) this.#dispatcher?.begin(this.#limits)
  }

  /** Stops because of `error`, which the receiver is told the kind of. */
  fail(error: ShareError): void {
    this.#run(this.#machine.fail(error))
  }

  #attach(lanes: Lanes, isFirst: boolean): void {
    const { first } = lanes
    this.#first = first
    this.#dispatcher = new Dispatcher({
      lanes,
      fixedLanes: this.#init.lanes,
      isLarge: !this.#init.offer.isCounted || this.#init.offer.bytes >= LARGE_TRANSFER_BYTES,
      share: this.#share,
      nextChunk: (chunkBytes, maxPayloadBytes) => this.#nextChunk(chunkBytes, maxPayloadBytes),
      onSent: (chunk, isLineFull) => this.#sent(chunk, isLineFull),
      onLost: (chunk) => this.#machine.chunkLost(chunk),
      onFailure: (error) => this.fail(error),
    })
    this.#stall.restart()
    this.#control.attach(first, isFirst)
    first.listen({
      onPayload: (payload) => {
        if (first === this.#first) this.#receive(payload)
      },
      onEnd: (error) => {
        if (first === this.#first) this.#laneEnded(error)
      },
    })
  }

  #laneEnded(error?: ShareError): void {
    const { onLost } = this.#init
    if (error?.code !== 'interrupted' || onLost === undefined || this.#isOver) {
      this.#run(this.#machine.laneEnded(error))
      return
    }
    this.#detach()
    onLost(error)
  }

  #detach(): void {
    this.#first = undefined
    this.#stall.stop()
    this.#control.detach()
    this.#dispatcher?.abandon()
    this.#dispatcher = undefined
  }

  #receive(payload: Uint8Array): void {
    this.#stall.restart()
    this.#try(() => {
      const frame = decodeFrame(payload)
      if (frame.type === 'received') {
        this.#control.confirmed(frame.frames)
        return
      }
      this.#control.counted()
      this.#run(this.#machine.receive(frame))
      if (frame.type === 'accept') this.#begin(frame.bytesPerSecond)
    })
  }

  #begin(bytesPerSecond: number | undefined): void {
    this.#init.onAccepted?.()
    if (bytesPerSecond !== undefined) this.#receiverLimit = new RateLimit(bytesPerSecond)
    this.#dispatcher?.begin(this.#limits)
  }

  get #limits(): RateLimit[] {
    return [this.#init.limit ?? [], this.#receiverLimit ?? []].flat()
  }

  #try(step: () => void): void {
    try {
      step()
    } catch (thrown) {
      this.fail(toShareError(thrown))
    }
  }

  #run(effects: readonly SendEffect[]): void {
    for (const effect of effects) this.#perform(effect)
    this.#readAhead()
  }

  #perform(effect: SendEffect): void {
    const { source, onEvent } = this.#init
    switch (effect.type) {
      case 'send':
        this.#say(effect.frame)
        return
      case 'keep':
        this.#kept.add({ file: effect.place.file, block: effect.place.block })
        return
      case 'progress':
        this.#progress.update(effect.writtenBytes)
        return
      case 'list':
        void this.#list(effect.count)
        return
      case 'finish':
        void this.#finish(effect.file)
        return
      case 'release':
        source.release(effect.file)
        return
      case 'file': {
        const { path, bytes } = effect
        const sha256 = Buffer.from(effect.digest).toString('hex')
        onEvent({ event: 'file', path, bytes, sha256 })
        return
      }
      case 'end':
        this.#end(effect.outcome)
    }
  }

  #say(frame: Parameters<ControlStream['send']>[0]): void {
    try {
      this.#control.send(frame)
    } catch (thrown) {
      this.#run(this.#machine.laneEnded(toShareError(thrown)))
    }
  }

  /** Asks the source, and tells the machine its answer; what it throws ends the transfer. */
  async #ask<Answer>(
    question: Promise<Answer>,
    tell: (answer: Answer) => readonly SendEffect[],
  ): Promise<void> {
    try {
      const answer = await question
      this.#run(tell(answer))
    } catch (thrown) {
      this.fail(toShareError(thrown))
    }
  }

  async #list(count: number): Promise<void> {
    await this.#ask(this.#init.source.list(count), (entries) => this.#machine.listed(entries))
  }

  async #finish(file: number): Promise<void> {
    await this.#ask(this.#init.source.finish(file), () => this.#machine.finished(file))
  }

  async #count(): Promise<void> {
    const { totals } = this.#init
    if (totals === undefined) return
    await this.#ask(totals, ({ files, bytes }) => {
      this.#totalBytes = bytes
      return this.#machine.counted(files, bytes)
    })
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
    if (place.parts) return this.#readPack(place, place.parts, data, encoding)
    const bytes = await this.#init.source.read(place.file, place.offset, data)
    const content = data.subarray(0, bytes)
    if (bytes < place.length) {
      this.#run(this.#machine.streamEnded(place, place.offset + bytes))
      if (bytes === 0) return
    }
    const digest = blockDigest(content)
    if (this.#machine.isThere(place, digest)) {
      this.#buffers.give(data)
      this.#run(this.#machine.blockKept(place, digest))
      return
    }
    // Of the last block of a pipe the receiver learns the length from what travels.
    const isPlain = bytes < data.length || encoding === 'plain'
    await this.#deliver(place, content, isPlain ? 'plain' : encoding, digest)
  }

  async #readPack(
    place: BlockPlace,
    parts: readonly PackPart[],
    data: Uint8Array,
    encoding: Encoding | undefined,
  ): Promise<void> {
    let end = 0
    const files = parts.map(({ file, length }) => {
      end += length
      return { file, content: data.subarray(end - length, end) }
    })
    await this.#init.source.readWhole(files)
    const digests = files.map(({ content }) => blockDigest(content))
    await this.#deliver(place, data, encoding, packDigest(digests), digests)
  }

  async #deliver(
    place: BlockPlace,
    data: Uint8Array,
    before: Encoding | undefined,
    digest: Uint8Array,
    fileDigests?: readonly Uint8Array[],
  ): Promise<void> {
    const encoded = await this.#encode(data, before)
    if (encoded) this.#buffers.give(data)
    const content: ReadBlock = encoded
      ? { data: encoded.data, encoding: encoded.encoding, digest }
      : { data, encoding: 'plain', digest }
    this.#run(this.#machine.blockRead(place, content, fileDigests))
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

  #end(outcome: SendOutcome | ShareError): void {
    this.#isOver = true
    this.#dispatcher?.stop()
    this.#stall.stop()
    if ('code' in outcome) this.#done.reject(outcome)
    else this.#done.resolve(outcome)
  }
}
