import { ShareError } from '../errors.ts'
import { MAX_WINDOW_BYTES, READ_AHEAD_BLOCKS } from '../limits.ts'
import { type FileDigest, transferDigest } from './digests.ts'
import type { Entry, Frame, Offer } from './frame.ts'
import { OrderedDigest } from './ordered-digest.ts'
import {
  type BlockToRead,
  OutgoingBlocks,
  type OutgoingChunk,
  type ReadBlock,
} from './outgoing-blocks.ts'
import { errorFromPeer } from './peer-error.ts'
import { type BlockPlace, blockCount, transferPlan } from './transfer-plan.ts'

export interface SendOutcome {
  /** Payload bytes that went out. */
  sentBytes: number
  /** The transfer's digest. */
  digest: Uint8Array
}

/** What the driver is to do because of an event. */
export type SendEffect =
  | { type: 'send'; frame: Frame }
  /** So many bytes are written at the receiver. */
  | { type: 'progress'; writtenBytes: number }
  /** Everything is read: make sure that it was one version, and answer with `confirmed`. */
  | { type: 'confirm' }
  | { type: 'end'; outcome: SendOutcome | ShareError }

type State =
  /** The offer is out. */
  | 'offered'
  /** Accepted: blocks are read and chunks pulled. */
  | 'sending'
  /** All was read and DONE is out; what was lost on its way is still sent again. */
  | 'sent'
  | 'ended'

interface OpenFile {
  digest: OrderedDigest
  missingBlocks: number
}

/**
 * The sender's side of a transfer, without any input or output of its own: frames, blocks and
 * failures go in, effects come out, and chunks are pulled by whichever lane has room for them.
 */
export class SendMachine {
  readonly #offer: Offer
  readonly #entries: readonly Entry[]
  readonly #plan: Iterator<BlockPlace, undefined>
  readonly #blocks: OutgoingBlocks
  readonly #open = new Map<number, OpenFile>()
  readonly #files: FileDigest[] = []
  #announcedFiles = 0
  #state: State = 'offered'
  #maxUnwrittenBlocks = 0
  #sentBytes = 0
  #writtenBytes = 0
  #digest: Uint8Array | undefined

  /** `onReleased` takes each block's contents when they are not needed any more. */
  constructor(offer: Offer, entries: readonly Entry[], onReleased: (content: ReadBlock) => void) {
    this.#offer = offer
    this.#entries = entries
    this.#plan = transferPlan(entries, offer.blockBytes)
    this.#blocks = new OutgoingBlocks(onReleased)
  }

  start(): SendEffect[] {
    return [{ type: 'send', frame: { type: 'offer', ...this.#offer } }]
  }

  /** A frame came from the receiver. Throws `protocol` for one that may not come now. */
  receive(frame: Frame): SendEffect[] {
    if (this.#state === 'ended') return []
    switch (frame.type) {
      case 'accept':
        return this.#accepted(frame.windowBytes)
      case 'ack':
        return this.#acknowledged(frame.file, frame.block)
      case 'saved':
        return this.#saved(frame.digest)
      case 'decline':
      case 'abort':
        return this.#end(errorFromPeer(frame, 'receiver'))
      default:
        throw outOfTurn()
    }
  }

  /** Whether chunks may be asked for. */
  get isSending(): boolean {
    return this.#state === 'sending' || this.#state === 'sent'
  }

  /**
   * The next block to read: one of which something was lost, or the next one of the plan while
   * fewer than READ_AHEAD_BLOCKS wait to be sent and the receiver has room for it.
   */
  nextRead(): BlockToRead | undefined {
    if (!this.isSending) return undefined
    while (
      this.#blocks.waiting < READ_AHEAD_BLOCKS &&
      this.#blocks.unwritten < this.#maxUnwrittenBlocks
    ) {
      const place = this.#plan.next().value
      if (place === undefined) break
      this.#begin(place)
    }
    return this.#blocks.nextRead()
  }

  /** The block at `place`, as `nextRead` gave it, is read. */
  blockRead(place: BlockPlace, content: ReadBlock): SendEffect[] {
    if (this.#state === 'ended') return []
    const isFirstTime = this.#blocks.read(place, content)
    const file = this.#open.get(place.file)
    if (!isFirstTime || file === undefined) return []
    file.digest.add(place.block, content.digest)
    file.missingBlocks -= 1
    return file.missingBlocks > 0 ? [] : this.#announce(place.file, file.digest)
  }

  /**
   * The next chunk to send, of about `chunkBytes`, for a lane of `maxPayloadBytes`; undefined while
   * its block is being read, while the receiver has no room for it, and when everything is sent.
   */
  nextChunk(chunkBytes: number, maxPayloadBytes: number): OutgoingChunk | undefined {
    return this.isSending ? this.#blocks.next(chunkBytes, maxPayloadBytes) : undefined
  }

  /** A chunk was put on its way. */
  chunkSent(chunk: OutgoingChunk): void {
    this.#sentBytes += chunk.chunk.data.length
    this.#blocks.sent(chunk)
  }

  /** A chunk that was sent is lost, or so late that it is better sent again. */
  chunkLost(chunk: OutgoingChunk): void {
    this.#blocks.again(chunk)
  }

  /** The answer to `confirm`. */
  confirmed(): SendEffect[] {
    if (this.#state !== 'sending') return []
    this.#state = 'sent'
    this.#digest = transferDigest(this.#files)
    const { files, bytes } = this.#offer
    return [{ type: 'send', frame: { type: 'done', files, bytes, digest: this.#digest } }]
  }

  /** Something failed on this side: tells the receiver and ends. */
  fail(error: ShareError): SendEffect[] {
    if (this.#state === 'ended') return []
    return [{ type: 'send', frame: { type: 'abort', code: error.code } }, ...this.#end(error)]
  }

  /** The first lane ended, with `error` unless the receiver said that nothing follows. */
  laneEnded(error?: ShareError): SendEffect[] {
    const early = 'The receiver left before everything was saved'
    return this.#end(error ?? new ShareError('interrupted', early))
  }

  #accepted(windowBytes: number): SendEffect[] {
    if (this.#state !== 'offered') throw outOfTurn()
    this.#state = 'sending'
    const window = Math.min(windowBytes, MAX_WINDOW_BYTES)
    this.#maxUnwrittenBlocks = Math.max(1, Math.floor(window / this.#offer.blockBytes))
    const frame: Frame = { type: 'manifest', first: 0, entries: [...this.#entries] }
    const empty = this.#entries.flatMap(({ bytes }, file) =>
      bytes === 0 ? this.#announce(file, new OrderedDigest()) : [],
    )
    return [{ type: 'send', frame }, ...empty]
  }

  #begin(place: BlockPlace): void {
    this.#blocks.begin(place)
    if (this.#open.has(place.file)) return
    const bytes = this.#entries[place.file]?.bytes ?? 0
    const missingBlocks = blockCount(bytes, this.#offer.blockBytes)
    this.#open.set(place.file, { digest: new OrderedDigest(), missingBlocks })
  }

  #announce(file: number, ordered: OrderedDigest): SendEffect[] {
    const entry = this.#entries[file]
    if (entry === undefined) throw new TypeError('the plan has a file that is not in the manifest')
    const { path, bytes } = entry
    const digest = ordered.result(blockCount(bytes, this.#offer.blockBytes))
    this.#open.delete(file)
    this.#files[file] = { path, bytes, digest }
    this.#announcedFiles += 1
    const isLast = this.#announcedFiles === this.#entries.length
    return [
      { type: 'send', frame: { type: 'file', file, bytes, digest } },
      ...(isLast ? [{ type: 'confirm' } as const] : []),
    ]
  }

  #acknowledged(file: number, block: number): SendEffect[] {
    if (this.#state === 'offered') throw outOfTurn()
    this.#writtenBytes += this.#blocks.written(file, block).length
    return [{ type: 'progress', writtenBytes: this.#writtenBytes }]
  }

  #saved(digest: Uint8Array): SendEffect[] {
    if (this.#state !== 'sent' || this.#digest === undefined) throw outOfTurn()
    if (Buffer.compare(digest, this.#digest) !== 0 || this.#writtenBytes !== this.#offer.bytes) {
      return this.#end(new ShareError('integrity', 'The receiver saved something else'))
    }
    return this.#end({ sentBytes: this.#sentBytes, digest })
  }

  #end(outcome: SendOutcome | ShareError): SendEffect[] {
    if (this.#state === 'ended') return []
    this.#state = 'ended'
    return [{ type: 'end', outcome }]
  }
}

function outOfTurn(): ShareError {
  return new ShareError('protocol', 'The receiver sent a message out of turn')
}
