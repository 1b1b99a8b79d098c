import { type ErrorCode, ShareError } from '../errors.ts'
import { MAX_FILES, RECEIVE_WINDOW_BYTES } from '../limits.ts'
import { BlockAssembler, type WholeBlock } from './block-assembler.ts'
import { type FileDigest, transferDigest } from './digests.ts'
import type { Chunk, Entry, Frame, Offer } from './frame.ts'
import { OrderedDigest } from './ordered-digest.ts'
import { errorFromPeer } from './peer-error.ts'
import { blockCount } from './transfer-plan.ts'

/** Chunks that may come before the manifest: a window of those that are 8 KiB long. */
const MAX_EARLY_CHUNKS = 4096

export interface ReceiveOutcome {
  /** Payload bytes that came in. */
  receivedBytes: number
  /** The transfer's digest. */
  digest: Uint8Array
}

/** What the driver is to do because of an event. */
export type ReceiveEffect =
  | { type: 'send'; frame: Frame }
  /** Ask whether to accept; answer with `accept` or `decline`. */
  | { type: 'decide'; offer: Offer }
  /** Compare with the digest, write, and answer with `blockWritten`. */
  | { type: 'write'; block: WholeBlock }
  | { type: 'progress'; writtenBytes: number }
  /** All blocks of a file are written and its digest is right. */
  | { type: 'file'; entry: Entry; digest: Uint8Array }
  /** Everything is written: give it its final name and answer with `published`. */
  | { type: 'publish'; entries: Entry[] }
  | { type: 'end'; outcome: ReceiveOutcome | ShareError }

type State =
  /** Nothing is on offer yet. */
  | 'waiting'
  | 'deciding'
  /** Accepted; the manifest comes next. */
  | 'accepted'
  | 'receiving'
  | 'publishing'
  | 'ended'

interface OpenFile {
  entry: Entry
  blockDigests: OrderedDigest
  missingBytes: number
  /** What the sender says it is. */
  announced: Uint8Array | undefined
  digest: Uint8Array | undefined
}

/**
 * The receiver's side of a transfer, without any input or output of its own: frames, answers and
 * failures go in, effects come out. Nothing that the sender says is believed before it is checked.
 */
export class ReceiveMachine {
  #state: State = 'waiting'
  #offer: Offer | undefined
  #assembler: BlockAssembler | undefined
  #files: OpenFile[] = []
  #announced: Uint8Array | undefined
  readonly #early: Chunk[] = []
  #earlyBytes = 0
  #receivedBytes = 0
  #writtenBytes = 0

  /** A frame came from the sender. Throws `protocol` or `integrity` for one that may not be. */
  receive(frame: Frame): ReceiveEffect[] {
    if (this.#state === 'ended') return []
    switch (frame.type) {
      case 'offer':
        return this.#offered(frame)
      case 'manifest':
        return this.#listed(frame.first, frame.entries)
      case 'chunk':
        return this.#arrived(frame)
      case 'file':
        return this.#fileAnnounced(frame.file, frame.bytes, frame.digest)
      case 'done':
        return this.#doneAnnounced(frame)
      case 'abort':
        return this.#end(errorFromPeer(frame, 'sender'))
      default:
        throw outOfTurn()
    }
  }

  /** The answer to `decide`: send it. */
  accept(): ReceiveEffect[] {
    if (this.#state !== 'deciding') return []
    this.#state = 'accepted'
    return [{ type: 'send', frame: { type: 'accept', windowBytes: RECEIVE_WINDOW_BYTES } }]
  }

  /** The answer to `decide`: do not send it, because of `error`, which is this side's outcome. */
  decline(error: ShareError): ReceiveEffect[] {
    return this.#refuse({ type: 'decline', code: error.code }, error)
  }

  /** The block of a `write` effect had the right digest and is written. */
  blockWritten({ file, block, length }: WholeBlock): ReceiveEffect[] {
    if (this.#state === 'ended') return []
    this.#assembler?.written()
    const open = this.#file(file)
    open.missingBytes -= length
    this.#writtenBytes += length
    return [
      { type: 'send', frame: { type: 'ack', file, block } },
      { type: 'progress', writtenBytes: this.#writtenBytes },
      ...this.#completeFile(open),
      ...this.#completeAll(),
    ]
  }

  /** The answer to `publish`. */
  published(): ReceiveEffect[] {
    if (this.#state !== 'publishing' || this.#announced === undefined) return []
    const digest = this.#announced
    return [
      { type: 'send', frame: { type: 'saved', digest } },
      ...this.#end({ receivedBytes: this.#receivedBytes, digest }),
    ]
  }

  /** Something failed on this side: tells the sender and ends. */
  fail(error: ShareError): ReceiveEffect[] {
    return this.#refuse({ type: 'abort', code: error.code }, error)
  }

  /** The lane ended, with `error` unless the sender said that nothing follows. */
  laneEnded(error?: ShareError): ReceiveEffect[] {
    const early = 'The sender left before everything had arrived'
    return this.#end(error ?? new ShareError('interrupted', early))
  }

  #offered(offer: Offer): ReceiveEffect[] {
    if (this.#state !== 'waiting') throw outOfTurn()
    this.#state = 'deciding'
    this.#offer = offer
    if (offer.files > MAX_FILES) {
      return this.decline(
        new ShareError('incompatible', 'The sender offers more than this version can receive'),
      )
    }
    return [{ type: 'decide', offer }]
  }

  #listed(first: number, entries: readonly Entry[]): ReceiveEffect[] {
    const offer = this.#offer
    if (this.#state !== 'accepted' || offer === undefined) throw outOfTurn()
    const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0)
    if (first !== 0 || entries.length !== offer.files || bytes !== offer.bytes) throw notAsOffered()
    if (entries.length === 1 && entries[0]?.path !== offer.name) throw notAsOffered()
    this.#state = 'receiving'
    this.#files = entries.map((entry) => ({
      entry,
      blockDigests: new OrderedDigest(),
      missingBytes: entry.bytes,
      announced: undefined,
      digest: undefined,
    }))
    this.#assembler = new BlockAssembler({
      blockBytes: offer.blockBytes,
      maxUnwrittenBlocks: Math.max(1, Math.floor(RECEIVE_WINDOW_BYTES / offer.blockBytes)),
    })
    return this.#early.splice(0).flatMap((chunk) => this.#arrived(chunk))
  }

  #arrived(chunk: Chunk): ReceiveEffect[] {
    // A copy that another lane brings late, when everything is there.
    if (this.#state === 'publishing') return []
    if (this.#state === 'accepted') return this.#keep(chunk)
    if (this.#state !== 'receiving' || this.#assembler === undefined) throw outOfTurn()
    const { entry, blockDigests } = this.#file(chunk.file)
    this.#receivedBytes += chunk.data.length
    if (blockDigests.has(chunk.block)) return []
    const block = this.#assembler.add(chunk, entry)
    if (block === undefined) return []
    blockDigests.add(block.block, block.digest)
    return [{ type: 'write', block }]
  }

  /** Another lane was faster than the one that brings the manifest. */
  #keep(chunk: Chunk): ReceiveEffect[] {
    this.#earlyBytes += chunk.data.length
    if (this.#earlyBytes > RECEIVE_WINDOW_BYTES || this.#early.length >= MAX_EARLY_CHUNKS) {
      throw outOfTurn()
    }
    this.#early.push(chunk)
    return []
  }

  #fileAnnounced(file: number, bytes: number, digest: Uint8Array): ReceiveEffect[] {
    if (this.#state !== 'receiving') throw outOfTurn()
    const open = this.#file(file)
    if (open.announced !== undefined || bytes !== open.entry.bytes) throw notAsOffered()
    open.announced = digest
    return this.#completeFile(open)
  }

  #doneAnnounced(done: { files: number; bytes: number; digest: Uint8Array }): ReceiveEffect[] {
    const offer = this.#offer
    if (this.#state !== 'receiving' || this.#announced !== undefined) throw outOfTurn()
    if (done.files !== offer?.files || done.bytes !== offer.bytes) throw notAsOffered()
    this.#announced = done.digest
    return this.#completeAll()
  }

  #completeFile(file: OpenFile): ReceiveEffect[] {
    if (file.missingBytes > 0 || file.announced === undefined) return []
    const offer = this.#offer
    if (offer === undefined) throw outOfTurn()
    const digest = file.blockDigests.result(blockCount(file.entry.bytes, offer.blockBytes))
    if (Buffer.compare(digest, file.announced) !== 0) throw damaged()
    file.digest = digest
    return [{ type: 'file', entry: file.entry, digest }]
  }

  #completeAll(): ReceiveEffect[] {
    if (this.#announced === undefined) return []
    const digests: FileDigest[] = []
    for (const { entry, digest } of this.#files) {
      if (digest === undefined) return []
      digests.push({ path: entry.path, bytes: entry.bytes, digest })
    }
    if (Buffer.compare(transferDigest(digests), this.#announced) !== 0) throw damaged()
    this.#state = 'publishing'
    return [{ type: 'publish', entries: this.#files.map(({ entry }) => entry) }]
  }

  #file(file: number): OpenFile {
    const open = this.#files[file]
    if (open === undefined) throw notAsOffered()
    return open
  }

  #refuse(frame: Frame & { code: ErrorCode }, error: ShareError): ReceiveEffect[] {
    if (this.#state === 'ended') return []
    return [{ type: 'send', frame }, ...this.#end(error)]
  }

  #end(outcome: ReceiveOutcome | ShareError): ReceiveEffect[] {
    if (this.#state === 'ended') return []
    this.#state = 'ended'
    return [{ type: 'end', outcome }]
  }
}

function outOfTurn(): ShareError {
  return new ShareError('protocol', 'The sender sent a message out of turn')
}

function notAsOffered(): ShareError {
  return new ShareError('protocol', 'The sender sent something other than it offered')
}

function damaged(): ShareError {
  return new ShareError('integrity', 'What arrived is not what was sent')
}
