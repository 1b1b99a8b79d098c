import { ShareError } from '../errors.ts'
import {
  LISTED_AHEAD_ENTRIES,
  MAX_MANIFEST_ENTRIES,
  MAX_OPEN_FILES,
  MAX_WINDOW_BYTES,
  READ_AHEAD_BLOCKS,
} from '../limits.ts'
import { DigestList } from './digest-list.ts'
import { DIGEST_BYTES, type Entry, type Frame, type Offer } from './frame.ts'
import { manifestFrames } from './manifest-frames.ts'
import {
  type BlockToRead,
  OutgoingBlocks,
  type OutgoingChunk,
  type ReadBlock,
} from './outgoing-blocks.ts'
import { errorFromPeer } from './peer-error.ts'
import { type OutgoingFile, outgoingFile, SendPlan } from './send-plan.ts'
import { type DigestedEntry, TransferDigest } from './transfer-digest.ts'
import { type BlockPlace, blockCount, isCountable } from './transfer-plan.ts'

export interface SendOutcome {
  /** Payload bytes that went out. */
  sentBytes: number
  files: number
  /** Of all files together. */
  bytes: number
  /** Files that the receiver did not want. */
  skipped: number
  /** The transfer's digest. */
  digest: Uint8Array
}

/** Further than any receiver lets us go: one that says it has taken all in costs no more memory. */
const MAX_OPEN_ENTRIES = 2 * MAX_OPEN_FILES

/** What the driver is to do because of an event. */
export type SendEffect =
  | { type: 'send'; frame: Exclude<Frame, { type: 'chunk' | 'received' | 'keep' }> }
  /** The receiver has this block: tell it so, sooner or later. */
  | { type: 'keep'; place: BlockPlace }
  /** So many bytes are written at the receiver. */
  | { type: 'progress'; writtenBytes: number }
  /** Answer with `listed`: the next entries, at most `count` of them. */
  | { type: 'list'; count: number }
  /** All of a file is read: make sure that it was one version, and answer with `finished`. */
  | { type: 'finish'; file: number }
  /** A file is not read again. */
  | { type: 'release'; file: number }
  /** The receiver has a file, which is known to be one version. */
  | { type: 'file'; path: string; bytes: number; digest: Uint8Array }
  | { type: 'end'; outcome: SendOutcome | ShareError }

type State =
  /** The offer is out. */
  | 'offered'
  /** Accepted: entries are listed, blocks read and chunks pulled. */
  | 'sending'
  /** All was read and DONE is out; what was lost on its way is still sent again. */
  | 'sent'
  | 'ended'

/**
 * The sender's side of a transfer, without any input or output of its own: frames, entries, blocks
 * and failures go in, effects come out, and chunks are pulled by whichever lane has room for them.
 */
export class SendMachine {
  readonly #offer: Offer
  readonly #blocks: OutgoingBlocks
  readonly #files = new Map<number, OutgoingFile>()
  readonly #plan: SendPlan
  readonly #digest = new TransferDigest()
  readonly #readAheadBlocks: () => number
  #state: State = 'offered'
  /** Whether the receiver compares what it has before anything is sent. */
  #compares = false
  #listedThrough = 0
  #checkedThrough = 0
  #isListing = false
  #isListed = false
  #maxUnwrittenBlocks = 0
  #sentBytes = 0
  #writtenBytes = 0
  #skipped = 0
  #result: Uint8Array | undefined

  /**
   * `onReleased` takes each block's contents when they are not needed any more; `readAheadBlocks`
   * says how many may wait to be sent.
   */
  constructor(
    offer: Offer,
    onReleased: (content: ReadBlock) => void,
    readAheadBlocks = () => READ_AHEAD_BLOCKS,
  ) {
    this.#offer = offer
    this.#readAheadBlocks = readAheadBlocks
    this.#blocks = new OutgoingBlocks(onReleased)
    this.#plan = new SendPlan(this.#files, offer.blockBytes)
  }

  start(): SendEffect[] {
    return [{ type: 'send', frame: { type: 'offer', ...this.#offer } }]
  }

  /** Everything is counted, after the offer said that it was not. */
  counted(files: number, bytes: number): SendEffect[] {
    if (this.#state === 'ended') return []
    return [{ type: 'send', frame: { type: 'total', files, bytes } }]
  }

  /** A frame came from the receiver. Throws `protocol` for one that may not come now. */
  receive(frame: Frame): SendEffect[] {
    if (this.#state === 'ended') return []
    switch (frame.type) {
      case 'accept':
        return this.#accepted(frame.windowBytes, frame.compares)
      case 'have':
        return this.#had(frame.file, frame.first, frame.digests)
      case 'skip':
        return frame.files.flatMap((file) => this.#skip(file))
      case 'checked':
        return this.#checked(frame.through)
      case 'ack':
        return this.#acknowledged(frame.blocks)
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

  /** The answer to `list`; no entries when there are no more. */
  listed(entries: readonly Entry[]): SendEffect[] {
    if (!this.isSending) return []
    this.#isListing = false
    const first = this.#listedThrough
    if (entries.length === 0) {
      this.#isListed = true
      const frame: Frame = { type: 'manifest', first, entries: [], isLast: true }
      return [{ type: 'send', frame }, ...this.#complete()]
    }
    this.#listedThrough += entries.length
    const frames = manifestFrames(first, entries)
    const effects = frames.map((frame): SendEffect => ({ type: 'send', frame }))
    for (const [at, entry] of entries.entries()) effects.push(...this.#begin(first + at, entry))
    return [...effects, ...this.#listMore()]
  }

  /**
   * The next block to read: one of which something was lost, or the next one of the plan while
   * fewer than `readAheadBlocks` wait to be sent and the receiver has room for it.
   */
  nextRead(): BlockToRead | undefined {
    if (!this.isSending) return undefined
    while (
      this.#blocks.waiting < this.#readAheadBlocks() &&
      this.#blocks.unwritten < this.#maxUnwrittenBlocks
    ) {
      const place = this.#plan.next(this.#compares ? this.#checkedThrough : this.#listedThrough)
      if (place === undefined) break
      this.#blocks.begin(place)
    }
    return this.#blocks.nextRead()
  }

  /** Whether the receiver says that it has the block at `place`, which has `digest`. */
  isThere({ file, block }: BlockPlace, digest: Uint8Array): boolean {
    const own = this.#files.get(file)?.own?.at(block)
    return own !== undefined && Buffer.compare(own, digest) === 0
  }

  /** The block at `place` was read, and is there: it is not sent. */
  blockKept(place: BlockPlace, digest: Uint8Array): SendEffect[] {
    if (this.#state === 'ended') return []
    this.#blocks.dropped(place)
    this.#writtenBytes += place.length
    return [
      { type: 'keep', place },
      { type: 'progress', writtenBytes: this.#writtenBytes },
      ...this.#wasRead(place.file, place.block, digest),
      ...this.#wasWritten(place),
      ...this.#listMore(),
    ]
  }

  /**
   * The block at `place`, as `nextRead` gave it, is read; `fileDigests` are those of the files of a
   * pack, which are finished with that.
   */
  blockRead(
    place: BlockPlace,
    content: ReadBlock,
    fileDigests: readonly Uint8Array[] = [],
  ): SendEffect[] {
    if (this.#state === 'ended') return []
    if (!this.#blocks.read(place, content)) return []
    if (place.parts === undefined) return this.#wasRead(place.file, place.block, content.digest)
    for (const [at, { file: number }] of place.parts.entries()) {
      const digest = fileDigests[at]
      if (digest === undefined) throw new TypeError('a file of a pack has no digest')
      const file = this.#files.get(number)
      if (file === undefined) continue
      file.digest.add(0, digest)
      this.#settleFile(number, file)
    }
    return this.#complete()
  }

  /** A file of unknown length ended: it has `bytes`, and of `place` nothing where that is behind. */
  streamEnded(place: BlockPlace, bytes: number): SendEffect[] {
    const file = this.#files.get(place.file)
    if (this.#state === 'ended' || file === undefined) return []
    file.bytes = bytes
    const effects: SendEffect[] = [
      { type: 'send', frame: { type: 'end', file: place.file, bytes } },
    ]
    if (place.offset < bytes) {
      place.length = bytes - place.offset
      return effects
    }
    this.#blocks.dropped(place)
    file.planned -= 1
    file.unwritten.delete(place.block)
    return [...effects, ...this.#readWhole(place.file, file)]
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

  /** The answer to `finish`. */
  finished(number: number): SendEffect[] {
    const file = this.#files.get(number)
    if (this.#state === 'ended' || file === undefined) return []
    this.#settleFile(number, file)
    return [...this.#complete(), ...this.#release(number, file), ...this.#listMore()]
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

  #accepted(windowBytes: number, compares: boolean): SendEffect[] {
    if (this.#state !== 'offered') throw outOfTurn()
    this.#state = 'sending'
    this.#compares = compares
    const window = Math.min(windowBytes, MAX_WINDOW_BYTES)
    this.#maxUnwrittenBlocks = Math.max(1, Math.floor(window / this.#offer.blockBytes))
    return this.#listMore()
  }

  #listMore(): SendEffect[] {
    const [oldest = this.#listedThrough] = this.#files.keys()
    const isAhead =
      this.#listedThrough - this.#checkedThrough >= LISTED_AHEAD_ENTRIES ||
      this.#listedThrough - oldest >= MAX_OPEN_ENTRIES
    if (this.#isListing || this.#isListed || isAhead) return []
    this.#isListing = true
    return [{ type: 'list', count: MAX_MANIFEST_ENTRIES }]
  }

  #begin(number: number, { path, kind, bytes }: Entry): SendEffect[] {
    if (kind === 'directory') return this.#settle(number, { path, kind, bytes: 0 })
    if (bytes !== null && !isCountable(bytes, this.#offer.blockBytes)) {
      throw new ShareError('file-failed', 'A file is larger than can be sent')
    }
    const file = outgoingFile(path, bytes)
    this.#files.set(number, file)
    return bytes === 0 ? [{ type: 'finish', file: number }] : []
  }

  #had(number: number, first: number, digests: Uint8Array): SendEffect[] {
    const file = this.#comparable(number)
    file.own ??= new DigestList()
    const blocks = blockCount(file.bytes ?? 0, this.#offer.blockBytes)
    const count = digests.length / DIGEST_BYTES
    if (first !== file.own.count || first + count > blocks) throw outOfTurn()
    file.own.append(digests)
    return []
  }

  #skip(number: number): SendEffect[] {
    this.#comparable(number)
    this.#files.delete(number)
    this.#skipped += 1
    return [{ type: 'release', file: number }, ...this.#settle(number, undefined)]
  }

  /** A file of which the receiver may still say what it has. */
  #comparable(number: number): OutgoingFile {
    const file = this.#files.get(number)
    const isUnchecked = this.#compares && number >= this.#checkedThrough
    if (!isUnchecked || file === undefined || file.bytes === 0) throw outOfTurn()
    return file
  }

  #checked(through: number): SendEffect[] {
    if (this.#state === 'offered') throw outOfTurn()
    if (through < this.#checkedThrough || through > this.#listedThrough) throw outOfTurn()
    this.#checkedThrough = through
    return this.#listMore()
  }

  #wasRead(number: number, block: number, digest: Uint8Array): SendEffect[] {
    const file = this.#files.get(number)
    if (file === undefined) return []
    file.digest.add(block, digest)
    file.read += 1
    return this.#readWhole(number, file)
  }

  #readWhole(number: number, { bytes, read }: OutgoingFile): SendEffect[] {
    const isWhole = bytes !== null && read === blockCount(bytes, this.#offer.blockBytes)
    return isWhole ? [{ type: 'finish', file: number }] : []
  }

  #acknowledged(blocks: readonly { file: number; block: number }[]): SendEffect[] {
    if (this.#state === 'offered') throw outOfTurn()
    const effects = blocks.flatMap(({ file, block }) => {
      const place = this.#blocks.written(file, block)
      this.#writtenBytes += place.length
      return this.#wasWritten(place)
    })
    const progress: SendEffect = { type: 'progress', writtenBytes: this.#writtenBytes }
    return [progress, ...effects, ...this.#listMore()]
  }

  #wasWritten({ file: number, block, parts }: BlockPlace): SendEffect[] {
    const written = parts ?? [{ file: number }]
    return written.flatMap(({ file: each }) => {
      const file = this.#files.get(each)
      if (file === undefined) return []
      file.unwritten.delete(block)
      return this.#release(each, file)
    })
  }

  #release(number: number, { path, bytes, result, unwritten }: OutgoingFile): SendEffect[] {
    if (result === undefined || bytes === null || unwritten.size > 0) return []
    this.#files.delete(number)
    return [
      { type: 'file', path, bytes, digest: result },
      { type: 'release', file: number },
    ]
  }

  /** All of a file was read, and is known to be one version. */
  #settleFile(number: number, file: OutgoingFile): void {
    const { path, bytes } = file
    if (bytes === null) throw new TypeError('a file that has not ended')
    file.result = file.digest.result(blockCount(bytes, this.#offer.blockBytes))
    this.#digest.add(number, { path, kind: 'file', bytes, digest: file.result })
  }

  /** An entry is known, or left out. */
  #settle(number: number, entry: DigestedEntry | undefined): SendEffect[] {
    this.#digest.add(number, entry)
    return this.#complete()
  }

  #complete(): SendEffect[] {
    const isWhole = this.#isListed && this.#digest.through === this.#listedThrough
    if (!isWhole || this.#state !== 'sending') return []
    this.#state = 'sent'
    const { files, bytes } = this.#digest
    this.#result = this.#digest.result()
    return [{ type: 'send', frame: { type: 'done', files, bytes, digest: this.#result } }]
  }

  #saved(digest: Uint8Array): SendEffect[] {
    if (this.#state !== 'sent' || this.#result === undefined) throw outOfTurn()
    const { files, bytes } = this.#digest
    if (Buffer.compare(digest, this.#result) !== 0 || this.#writtenBytes !== bytes) {
      return this.#end(new ShareError('integrity', 'The receiver saved something else'))
    }
    const { sentBytes, skipped } = { sentBytes: this.#sentBytes, skipped: this.#skipped }
    return this.#end({ sentBytes, files, bytes, skipped, digest })
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
