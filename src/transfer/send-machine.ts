import { ShareError } from '../errors.ts'
import { MAX_WINDOW_BYTES, READ_AHEAD_BLOCKS } from '../limits.ts'
import { type FileDigest, transferDigest } from './digests.ts'
import { DIGEST_BYTES, type Entry, type Frame, type Offer } from './frame.ts'
import { OrderedDigest } from './ordered-digest.ts'
import { errorFromPeer } from './peer-error.ts'
import { type BlockPlace, blockCount, type Step, transferPlan } from './transfer-plan.ts'

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
  | { type: 'end'; outcome: SendOutcome | ShareError }

type State =
  /** The offer is out. */
  | 'offered'
  /** Accepted: blocks are read and frames pulled. */
  | 'sending'
  /** All is sent; the receiver writes, checks and publishes. */
  | 'sent'
  | 'ended'

interface ReadBlock {
  data: Uint8Array
  digest: Uint8Array
  sentBytes: number
}

/**
 * The sender's side of a transfer, without any input or output of its own: frames, blocks and
 * failures go in, effects come out, and frames are pulled by whoever has room for them.
 */
export class SendMachine {
  readonly #offer: Offer
  readonly #entries: readonly Entry[]
  readonly #plan: Iterator<Step, undefined>
  /** The steps under way, in the order in which they go out. */
  readonly #steps: Step[] = []
  /** The blocks among them that are read. */
  readonly #read = new Map<BlockPlace, ReadBlock>()
  readonly #files: FileDigest[] = []
  #fileDigest = new OrderedDigest()
  #state: State = 'offered'
  #windowBytes = 0
  #sentBytes = 0
  #writtenBytes = 0
  #digest: Uint8Array | undefined

  constructor(offer: Offer, entries: readonly Entry[]) {
    this.#offer = offer
    this.#entries = entries
    this.#plan = transferPlan(entries, offer.blockBytes)
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
        return this.#acknowledged(frame.writtenBytes)
      case 'saved':
        return this.#saved(frame.digest)
      case 'decline':
      case 'abort':
        return this.#end(errorFromPeer(frame, 'receiver'))
      default:
        throw outOfTurn()
    }
  }

  /** The next block to read, while fewer than READ_AHEAD_BLOCKS wait to be sent. */
  nextRead(): BlockPlace | undefined {
    while (this.#state === 'sending' && this.#steps.length < READ_AHEAD_BLOCKS) {
      const step = this.#plan.next().value
      if (step === undefined) return undefined
      this.#steps.push(step)
      if (step.type === 'block') return step.place
    }
    return undefined
  }

  /** The block at `place`, as `nextRead` gave it, is read; `digest` is its SHA-256. */
  blockRead(place: BlockPlace, data: Uint8Array, digest: Uint8Array): void {
    if (data.length !== place.length) throw new TypeError('a block was read at the wrong length')
    this.#read.set(place, { data, digest, sentBytes: 0 })
  }

  /**
   * The next frame to send, of at most `maxDataBytes` of data and digest; undefined while its
   * block is being read, while the receiver has no room for it, and when everything is sent.
   */
  nextFrame(maxDataBytes: number): Frame | undefined {
    const step = this.#steps[0]
    if (this.#state !== 'sending' || step === undefined) return undefined
    switch (step.type) {
      case 'block':
        return this.#nextChunk(step.place, maxDataBytes)
      case 'file':
        return this.#fileSent(step.file)
      case 'done':
        return this.#allSent()
    }
  }

  /** Something failed on this side: tells the receiver and ends. */
  fail(error: ShareError): SendEffect[] {
    if (this.#state === 'ended') return []
    return [{ type: 'send', frame: { type: 'abort', code: error.code } }, ...this.#end(error)]
  }

  /** The lane ended, with `error` unless the receiver said that nothing follows. */
  laneEnded(error?: ShareError): SendEffect[] {
    const early = 'The receiver left before everything was saved'
    return this.#end(error ?? new ShareError('interrupted', early))
  }

  #accepted(windowBytes: number): SendEffect[] {
    if (this.#state !== 'offered') throw outOfTurn()
    this.#state = 'sending'
    this.#windowBytes = Math.min(windowBytes, MAX_WINDOW_BYTES)
    const frame: Frame = { type: 'manifest', first: 0, entries: [...this.#entries] }
    return [{ type: 'send', frame }]
  }

  #acknowledged(writtenBytes: number): SendEffect[] {
    if (this.#state === 'offered') throw outOfTurn()
    if (writtenBytes < this.#writtenBytes || writtenBytes > this.#sentBytes) throw outOfTurn()
    this.#writtenBytes = writtenBytes
    return [{ type: 'progress', writtenBytes }]
  }

  #saved(digest: Uint8Array): SendEffect[] {
    if (this.#state !== 'sent' || this.#digest === undefined) throw outOfTurn()
    if (Buffer.compare(digest, this.#digest) !== 0 || this.#writtenBytes !== this.#offer.bytes) {
      return this.#end(new ShareError('integrity', 'The receiver saved something else'))
    }
    return this.#end({ sentBytes: this.#sentBytes, digest })
  }

  #nextChunk(place: BlockPlace, maxDataBytes: number): Frame | undefined {
    const block = this.#read.get(place)
    if (block === undefined) return undefined
    // Equal parts rather than full ones and a small rest: each message costs the same.
    const parts = Math.ceil(place.length / (maxDataBytes - DIGEST_BYTES))
    const length = Math.min(Math.ceil(place.length / parts), place.length - block.sentBytes)
    if (this.#sentBytes + length - this.#writtenBytes > this.#windowBytes) return undefined
    const offset = block.sentBytes
    const data = block.data.subarray(offset, offset + length)
    block.sentBytes += length
    this.#sentBytes += length
    const chunk = { type: 'chunk', file: place.file, block: place.block, offset, data } as const
    if (block.sentBytes < place.length) return chunk
    this.#steps.shift()
    this.#read.delete(place)
    this.#fileDigest.add(place.block, block.digest)
    return { ...chunk, digest: block.digest }
  }

  #fileSent(file: number): Frame {
    const entry = this.#entries[file]
    if (entry === undefined) throw new TypeError('the plan has a file that is not in the manifest')
    const { path, bytes } = entry
    const digest = this.#fileDigest.result(blockCount(bytes, this.#offer.blockBytes))
    this.#fileDigest = new OrderedDigest()
    this.#files.push({ path, bytes, digest })
    this.#steps.shift()
    return { type: 'file', file, bytes, digest }
  }

  #allSent(): Frame {
    this.#state = 'sent'
    this.#digest = transferDigest(this.#files)
    const { files, bytes } = this.#offer
    return { type: 'done', files, bytes, digest: this.#digest }
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
