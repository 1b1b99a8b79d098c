import { type ErrorCode, ShareError } from '../errors.ts'
import {
  CHECKED_TOGETHER_ENTRIES,
  LISTED_AHEAD_ENTRIES,
  MAX_MANIFEST_ENTRIES,
  MAX_OPEN_FILES,
  RECEIVE_WINDOW_BYTES,
} from '../limits.ts'
import { misplaced } from './block-assembler.ts'
import { lastEntryOf } from './block-id.ts'
import { EarlyChunks } from './early-chunks.ts'
import {
  type BlockId,
  type Chunk,
  DIGEST_BYTES,
  type Entry,
  type Frame,
  type Offer,
} from './frame.ts'
import { IncomingBlocks, type WholeBlock } from './incoming-blocks.ts'
import { type IncomingFile, incomingFile } from './incoming-file.ts'
import { OfferBound } from './offer-bound.ts'
import { errorFromPeer } from './peer-error.ts'
import { TransferDigest } from './transfer-digest.ts'
import { blockCount, blockLength, isCountable } from './transfer-plan.ts'

export interface ReceiveOutcome {
  /** Payload bytes that came in. */
  receivedBytes: number
  files: number
  /** Of all files together. */
  bytes: number
  /** Files that were left out. */
  skipped: number
  /** The transfer's digest. */
  digest: Uint8Array
}

/** What the driver is to do because of an event. */
export type ReceiveEffect =
  | { type: 'send'; frame: Exclude<Frame, { type: 'chunk' | 'received' | 'ack' }> }
  /** A block is written: tell the sender, sooner or later. */
  | { type: 'ack'; block: BlockId }
  /** Ask whether to accept; answer with `accept` or `decline`. */
  | { type: 'decide'; offer: Offer }
  /** Everything is counted. */
  | { type: 'total'; files: number; bytes: number }
  /** Take these entries in, after those before; answer with `taken`. */
  | { type: 'list'; first: number; entries: Entry[] }
  /** See what is there of these files: `had` or `skipped` for each, then `compared`. */
  | { type: 'compare'; files: readonly number[]; through: number }
  /** Write it, and answer with `blockWritten`. */
  | { type: 'write'; block: WholeBlock }
  /** All blocks of a file are written; answer with `finished`. */
  | { type: 'finish'; file: number; bytes: number }
  | { type: 'progress'; writtenBytes: number }
  /** A file is finished, and known to be right. */
  | { type: 'file'; path: string; bytes: number; digest: Uint8Array }
  /** Everything is finished: give it its final name and answer with `published`. */
  | { type: 'publish' }
  | { type: 'end'; outcome: ReceiveOutcome | ShareError }

type State =
  /** Nothing is on offer yet. */
  'waiting' | 'deciding' | 'receiving' | 'publishing' | 'ended'

/**
 * The receiver's side of a transfer, without any input or output of its own: frames, answers and
 * failures go in, effects come out. Nothing that the sender says is believed before it is checked.
 */
export class ReceiveMachine {
  #state: State = 'waiting'
  #blockBytes = 0
  #blocks: IncomingBlocks | undefined
  readonly #files = new Map<number, IncomingFile>()
  readonly #early = new EarlyChunks()
  readonly #bound = new OfferBound()
  /** Of files of unknown length that are not taken in yet: how long they are. */
  readonly #earlyEnds = new Map<number, number>()
  readonly #digest = new TransferDigest()
  /** Whether what is there is compared before anything is sent. */
  #compares = false
  #isCounted = false
  #listedThrough = 0
  #isListed = false
  #takenThrough = 0
  /** Entries that are taken in and compared, of which the sender is to be told. */
  #readyThrough = 0
  #checkedThrough = 0
  #announced: { files: number; bytes: number; digest: Uint8Array } | undefined
  #hasAll = false
  #receivedBytes = 0
  #writtenBytes = 0
  #skipped = 0

  /** Whether everything is there, and needs nobody any more to get its name. */
  get hasAll(): boolean {
    return this.#hasAll
  }

  /** A frame came from the sender. Throws `protocol` or `integrity` for one that may not be. */
  receive(frame: Frame): ReceiveEffect[] {
    if (this.#state === 'ended') return []
    switch (frame.type) {
      case 'offer':
        return this.#offered(frame)
      case 'total':
        return this.#counted(frame.files, frame.bytes)
      case 'manifest':
        return this.#listed(frame.first, frame.entries, frame.isLast)
      case 'chunk':
        return this.#arrived(frame)
      case 'keep':
        return frame.blocks.flatMap((block) => this.#kept(block))
      case 'end':
        return this.#streamEnded(frame.file, frame.bytes)
      case 'done':
        return this.#doneAnnounced(frame)
      case 'abort':
        return this.#end(errorFromPeer(frame, 'sender'))
      default:
        throw outOfTurn()
    }
  }

  /**
   * The answer to `decide`: send it, no faster than `bytesPerSecond` if that is given; `compares`
   * when something of it may be there already.
   */
  accept(compares: boolean, bytesPerSecond?: number): ReceiveEffect[] {
    if (this.#state !== 'deciding') return []
    this.#state = 'receiving'
    this.#compares = compares
    const windowBytes = RECEIVE_WINDOW_BYTES
    const limit = bytesPerSecond === undefined ? {} : { bytesPerSecond }
    return [{ type: 'send', frame: { type: 'accept', windowBytes, compares, ...limit } }]
  }

  /** The answer to `decide`: do not send it, because of `error`, which is this side's outcome. */
  decline(error: ShareError): ReceiveEffect[] {
    return this.#refuse({ type: 'decline', code: error.code }, error)
  }

  /** The answer to `list`: the entries from `first` on are taken in. */
  taken(first: number, entries: readonly Entry[]): ReceiveEffect[] {
    if (this.#state !== 'receiving') return []
    this.#takenThrough = first + entries.length
    const effects: ReceiveEffect[] = []
    const comparable: number[] = []
    for (const [at, entry] of entries.entries()) {
      if (entry.kind === 'file' && entry.bytes !== 0) comparable.push(first + at)
      effects.push(...this.#begin(first + at, entry))
    }
    if (this.#compares) {
      effects.push({ type: 'compare', files: comparable, through: this.#takenThrough })
    } else {
      effects.push(...this.compared(this.#takenThrough))
    }
    effects.push(...this.#early.take(this.#takenThrough).flatMap((chunk) => this.#arrived(chunk)))
    for (const [number, bytes] of this.#earlyEnds) {
      if (number >= this.#takenThrough) continue
      this.#earlyEnds.delete(number)
      effects.push(...this.#streamEnded(number, bytes))
    }
    return [...effects, ...this.#completeAll()]
  }

  /** The digests of the next blocks of a file that are there, joined. */
  had(number: number, digests: Uint8Array): ReceiveEffect[] {
    const file = this.#files.get(number)
    if (this.#state !== 'receiving' || file === undefined) return []
    const first = file.own.count
    const missing = blockCount(file.bytes ?? 0, this.#blockBytes) - first
    const wanted = digests.subarray(0, missing * DIGEST_BYTES)
    if (wanted.length === 0) return []
    file.own.append(wanted)
    return [{ type: 'send', frame: { type: 'have', file: number, first, digests: wanted } }]
  }

  /** A file is not wanted. */
  skipped(number: number): ReceiveEffect[] {
    if (this.#state !== 'receiving' || !this.#files.delete(number)) return []
    this.#skipped += 1
    this.#digest.add(number, undefined)
    return [{ type: 'send', frame: { type: 'skip', files: [number] } }]
  }

  /** All that is there of the entries below `through` was told. */
  compared(through: number): ReceiveEffect[] {
    if (this.#state !== 'receiving') return []
    this.#readyThrough = through
    return [...this.#check(), ...this.#completeAll()]
  }

  /** The block of a `write` effect had the right digest and is written. */
  blockWritten(block: WholeBlock): ReceiveEffect[] {
    if (this.#state === 'ended') return []
    const effects = this.#written(block)
    const file = this.#files.get(block.file)
    if (file === undefined) return effects
    file.writtenBytes += block.length
    return [...effects, ...this.#completeFile(block.file, file)]
  }

  /** The same of a pack, whose files have these digests, and are finished. */
  packWritten(block: WholeBlock, digests: readonly Uint8Array[]): ReceiveEffect[] {
    if (this.#state === 'ended') return []
    const effects = this.#written(block)
    for (const [at, { file: number, length }] of (block.pack ?? []).entries()) {
      const [file, digest] = [this.#files.get(number), digests[at]]
      if (file === undefined || digest === undefined) continue
      file.blockDigests.add(0, digest)
      effects.push(this.#finish(number, file, length))
    }
    return [...effects, ...this.#check(), ...this.#completeAll()]
  }

  /** The answer to `finish`. */
  finished(number: number): ReceiveEffect[] {
    const file = this.#files.get(number)
    if (this.#state === 'ended' || file?.bytes == null) return []
    return [this.#finish(number, file, file.bytes), ...this.#check(), ...this.#completeAll()]
  }

  /** The answer to `publish`. */
  published(): ReceiveEffect[] {
    if (this.#state !== 'publishing' || this.#announced === undefined) return []
    const { files, bytes, digest } = this.#announced
    const { receivedBytes, skipped } = {
      receivedBytes: this.#receivedBytes,
      skipped: this.#skipped,
    }
    return [
      { type: 'send', frame: { type: 'saved', digest } },
      ...this.#end({ receivedBytes, files, bytes, skipped, digest }),
    ]
  }

  /** Something failed on this side: tells the sender and ends. */
  fail(error: ShareError): ReceiveEffect[] {
    return this.#refuse({ type: 'abort', code: error.code }, error)
  }

  /** The lane ended, with `error` unless the sender said that nothing follows. */
  laneEnded(error?: ShareError): ReceiveEffect[] {
    if (this.#state === 'publishing') return []
    const early = 'The sender left before everything had arrived'
    return this.#end(error ?? new ShareError('interrupted', early))
  }

  #offered(offer: Offer): ReceiveEffect[] {
    if (this.#state !== 'waiting') throw outOfTurn()
    this.#state = 'deciding'
    this.#isCounted = offer.isCounted
    if (offer.isCounted) this.#bound.counted(offer.files, offer.bytes)
    this.#blockBytes = offer.blockBytes
    this.#blocks = new IncomingBlocks(this.#files, offer.blockBytes)
    return [{ type: 'decide', offer }]
  }

  #counted(files: number, bytes: number): ReceiveEffect[] {
    if (this.#isCounted || this.#state === 'waiting') throw outOfTurn()
    this.#isCounted = true
    this.#bound.counted(files, bytes)
    return [{ type: 'total', files, bytes }]
  }

  #listed(first: number, entries: Entry[], isLast: boolean): ReceiveEffect[] {
    if (this.#state !== 'receiving' || this.#isListed || first !== this.#listedThrough) {
      throw outOfTurn()
    }
    this.#isListed = isLast
    this.#listedThrough += entries.length
    if (isLast && this.#early.reach(this.#listedThrough)) throw misplaced()
    const aheadEntries = this.#listedThrough - this.#checkedThrough
    if (aheadEntries > LISTED_AHEAD_ENTRIES + MAX_MANIFEST_ENTRIES) throw outOfTurn()
    if (!entries.every(({ bytes }) => isCountable(bytes ?? 0, this.#blockBytes))) throw misplaced()
    this.#bound.listed(entries)
    if (entries.length === 0) return [...this.#check(), ...this.#completeAll()]
    return [{ type: 'list', first, entries }]
  }

  #begin(number: number, entry: Entry): ReceiveEffect[] {
    if (entry.kind === 'directory') {
      this.#digest.add(number, { path: entry.path, kind: 'directory', bytes: 0 })
      return []
    }
    const file = incomingFile(entry)
    this.#files.set(number, file)
    return this.#completeFile(number, file)
  }

  /** Tells the sender what is taken in, unless there is enough to do with what is open. */
  #check(): ReceiveEffect[] {
    const through = this.#readyThrough
    const open = this.#takenThrough - this.#digest.through
    if (through === this.#checkedThrough || open > MAX_OPEN_FILES) return []
    const isUrgent = this.#compares || this.#isListed
    if (!isUrgent && through - this.#checkedThrough < CHECKED_TOGETHER_ENTRIES) return []
    this.#checkedThrough = through
    return [{ type: 'send', frame: { type: 'checked', through } }]
  }

  #arrived(chunk: Chunk): ReceiveEffect[] {
    // A copy that another lane brings late, when everything is there.
    if (this.#state === 'publishing') return []
    if (this.#state !== 'receiving' || this.#blocks === undefined) throw outOfTurn()
    const last = lastEntryOf(chunk)
    if (this.#compares && last >= this.#checkedThrough) throw outOfTurn()
    if (this.#isListed && last >= this.#listedThrough) throw misplaced()
    if (last >= this.#takenThrough) {
      this.#early.keep(chunk)
      return []
    }
    this.#receivedBytes += chunk.data.length
    const block = this.#blocks.add(chunk)
    return block ? [{ type: 'write', block }] : []
  }

  /** The sender says that a block that is there is right. */
  #kept({ file: number, block }: BlockId): ReceiveEffect[] {
    const file = this.#files.get(number)
    const digest = file?.own.at(block)
    if (file?.bytes == null || digest === undefined || number >= this.#checkedThrough) {
      throw outOfTurn()
    }
    if (file.isPacked || file.blockDigests.has(block)) throw outOfTurn()
    file.blockDigests.add(block, digest)
    const length = blockLength(file.bytes, this.#blockBytes, block)
    file.writtenBytes += length
    this.#writtenBytes += length
    return [
      { type: 'progress', writtenBytes: this.#writtenBytes },
      ...this.#completeFile(number, file),
    ]
  }

  #streamEnded(number: number, bytes: number): ReceiveEffect[] {
    const file = this.#files.get(number)
    if (this.#compares && number >= this.#checkedThrough) throw outOfTurn()
    // END is behind MANIFEST on its lane; what takes time is taking it in.
    if (file === undefined && number >= this.#takenThrough && number < this.#listedThrough) {
      if (this.#earlyEnds.has(number)) throw outOfTurn()
      this.#earlyEnds.set(number, bytes)
      return []
    }
    if (file === undefined || file.bytes !== null) throw outOfTurn()
    if (bytes < file.endBytes || bytes !== (file.shortEndBytes ?? bytes)) throw misplaced()
    if (!isCountable(bytes, this.#blockBytes)) throw misplaced()
    file.bytes = bytes
    return this.#completeFile(number, file)
  }

  #written(block: WholeBlock): ReceiveEffect[] {
    this.#blocks?.written()
    this.#writtenBytes += block.length
    return [
      { type: 'ack', block: { file: block.file, block: block.block } },
      { type: 'progress', writtenBytes: this.#writtenBytes },
    ]
  }

  #finish(number: number, file: IncomingFile, bytes: number): ReceiveEffect {
    const { path } = file.entry
    const digest = file.blockDigests.result(blockCount(bytes, this.#blockBytes))
    this.#files.delete(number)
    this.#digest.add(number, { path, kind: 'file', bytes, digest })
    return { type: 'file', path, bytes, digest }
  }

  #completeFile(number: number, file: IncomingFile): ReceiveEffect[] {
    if (file.bytes === null || file.isFinishing || file.writtenBytes !== file.bytes) return []
    file.isFinishing = true
    return [{ type: 'finish', file: number, bytes: file.bytes }]
  }

  #doneAnnounced(done: { files: number; bytes: number; digest: Uint8Array }): ReceiveEffect[] {
    if (this.#state !== 'receiving' || this.#announced !== undefined) throw outOfTurn()
    this.#announced = done
    return this.#completeAll()
  }

  #completeAll(): ReceiveEffect[] {
    const announced = this.#announced
    const isWhole = this.#isListed && this.#digest.through === this.#listedThrough
    if (announced === undefined || !isWhole || this.#state !== 'receiving') return []
    const { files, bytes } = this.#digest
    const digest = this.#digest.result()
    if (announced.files !== files || announced.bytes !== bytes) throw notAsOffered()
    if (Buffer.compare(digest, announced.digest) !== 0) throw damaged()
    this.#state = 'publishing'
    this.#hasAll = true
    return [{ type: 'publish' }]
  }

  #refuse(
    frame: { type: 'decline' | 'abort'; code: ErrorCode },
    error: ShareError,
  ): ReceiveEffect[] {
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
  return new ShareError('protocol', 'The sender sent something other than it announced')
}

function damaged(): ShareError {
  return new ShareError('integrity', 'What arrived is not what was sent')
}
