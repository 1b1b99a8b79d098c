import { MAX_EARLY_BLOCKS, MAX_PACK_ENTRIES, PACKED_FILE_BYTES } from '../limits.ts'
import type { DigestList } from './digest-list.ts'
import { PACK } from './frame.ts'
import { OrderedDigest } from './ordered-digest.ts'
import { type BlockPlace, blockCount, blockLength, type PackPart } from './transfer-plan.ts'

/** A file with contents that is listed and not yet at the receiver. */
export interface OutgoingFile {
  readonly path: string
  /** Null until the end of a file of unknown length. */
  bytes: number | null
  readonly isStream: boolean
  /** Of the blocks that the receiver says it has. */
  own: DigestList | undefined
  readonly digest: OrderedDigest
  /** How many blocks were planned. */
  planned: number
  /** How many were read. */
  read: number
  /** Blocks planned, but in packs, and neither written nor kept at the receiver. */
  readonly unwritten: Set<number>
  /** Its digest, once the source says that it was one version. */
  result: Uint8Array | undefined
}

export function outgoingFile(path: string, bytes: number | null): OutgoingFile {
  return {
    path,
    bytes,
    isStream: bytes === null,
    own: undefined,
    digest: new OrderedDigest(),
    planned: 0,
    read: 0,
    unwritten: new Set(),
    result: undefined,
  }
}

/** So far blocks may run ahead of the first one of their file that the receiver lacks. */
const MAX_AHEAD_BLOCKS = MAX_EARLY_BLOCKS / 2

/** Which block is read next: file by file, small ones together. */
export class SendPlan {
  readonly #files: ReadonlyMap<number, OutgoingFile>
  readonly #blockBytes: number
  #next = 0

  /** `files` has those that are to be sent, by number, and what is in it may change. */
  constructor(files: ReadonlyMap<number, OutgoingFile>, blockBytes: number) {
    this.#files = files
    this.#blockBytes = blockBytes
  }

  /** The next block of the entries below `through`, if one may be read now. */
  next(through: number): BlockPlace | undefined {
    while (this.#next < through) {
      const file = this.#files.get(this.#next)
      if (file && !this.#isPlanned(file)) return this.#nextOf(file, through)
      this.#next += 1
    }
    return undefined
  }

  #isPlanned({ bytes, planned }: OutgoingFile): boolean {
    return bytes !== null && planned >= blockCount(bytes, this.#blockBytes)
  }

  #nextOf(file: OutgoingFile, through: number): BlockPlace | undefined {
    const number = this.#next
    if (file.isStream) return this.#nextOfStream(file)
    if (isSmall(file)) return this.#pack(through)
    const [oldest = file.planned] = file.unwritten
    if (file.planned - oldest >= MAX_AHEAD_BLOCKS) return undefined
    return this.#begin(number, file, blockLength(file.bytes ?? 0, this.#blockBytes, file.planned))
  }

  /** What comes next of a pipe is known when its last block is read. */
  #nextOfStream(file: OutgoingFile): BlockPlace | undefined {
    if (file.read < file.planned) return undefined
    return { ...this.#begin(this.#next, file, this.#blockBytes), isOnce: true }
  }

  #begin(number: number, file: OutgoingFile, length: number): BlockPlace {
    const block = file.planned
    file.planned += 1
    file.unwritten.add(block)
    return { file: number, block, offset: block * this.#blockBytes, length }
  }

  /** As many small files as are listed and fit a block; a single one is an ordinary block. */
  #pack(through: number): BlockPlace {
    const first = this.#next
    const end = Math.min(through, first + MAX_PACK_ENTRIES)
    const parts: PackPart[] = []
    let bytes = 0
    for (let number = first; number < end; number += 1) {
      const file = this.#files.get(number)
      // A directory, an empty file, or one that the receiver does not want: nothing in the pack.
      if (file === undefined || file.bytes === 0) continue
      if (!isSmall(file)) break
      const length = file.bytes ?? 0
      if (bytes + length > this.#blockBytes) break
      bytes += length
      parts.push({ file: number, length })
    }
    this.#next = (parts.at(-1)?.file ?? first) + 1
    const only = parts.length === 1 ? this.#files.get(first) : undefined
    if (only) return this.#begin(first, only, bytes)
    for (const { file: number } of parts) {
      const file = this.#files.get(number)
      if (file) file.planned = 1
    }
    return { file: first, block: PACK + this.#next - first, offset: 0, length: bytes, parts }
  }
}

function isSmall({ bytes, own }: OutgoingFile): boolean {
  return bytes !== null && bytes <= PACKED_FILE_BYTES && own === undefined
}
