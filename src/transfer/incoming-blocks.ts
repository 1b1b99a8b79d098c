import { MAX_PACK_ENTRIES, RECEIVE_WINDOW_BYTES } from '../limits.ts'
import { type AssembledBlock, BlockAssembler, misplaced } from './block-assembler.ts'
import { packedEntries } from './block-id.ts'
import type { Chunk } from './frame.ts'
import type { IncomingFile } from './incoming-file.ts'
import { blockCount, blockLength, type PackPart } from './transfer-plan.ts'

/** A block to decode, compare with its digest, and write. */
export interface WholeBlock extends AssembledBlock {
  /** How long it is when decoded. */
  length: number
  /** Where it belongs in its file. */
  offset: number
  /** The files of a pack. */
  pack: readonly PackPart[] | undefined
}

/**
 * The blocks between lanes and disk: which file, or which files of a pack, a chunk belongs to, and
 * what is a late copy of something that is there. Pure: it neither checks contents nor writes.
 */
export class IncomingBlocks {
  readonly #files: ReadonlyMap<number, IncomingFile>
  readonly #blockBytes: number
  readonly #assembler: BlockAssembler

  /** `files` are those that are taken in and not finished, by number, kept by somebody else. */
  constructor(files: ReadonlyMap<number, IncomingFile>, blockBytes: number) {
    this.#files = files
    this.#blockBytes = blockBytes
    const maxUnwrittenBlocks = Math.max(1, Math.floor(RECEIVE_WINDOW_BYTES / blockBytes))
    this.#assembler = new BlockAssembler({ blockBytes, maxUnwrittenBlocks })
  }

  /**
   * Takes a chunk of entries that are taken in; gives the block that is whole by that, to be written.
   * Throws `protocol` for one that does not belong to them.
   */
  add(chunk: Chunk): WholeBlock | undefined {
    const count = packedEntries(chunk)
    return count === undefined ? this.#addBlock(chunk) : this.#addPack(chunk, count)
  }

  /** A block that `add` gave is written, and its memory free. */
  written(): void {
    this.#assembler.written()
  }

  #addBlock(chunk: Chunk): WholeBlock | undefined {
    const file = this.#files.get(chunk.file)
    // One that is finished: a late copy.
    if (file === undefined || file.isPacked || file.blockDigests.has(chunk.block)) return undefined
    if (file.bytes !== null && chunk.block >= blockCount(file.bytes, this.#blockBytes)) {
      throw misplaced()
    }
    const known = file.bytes && blockLength(file.bytes, this.#blockBytes, chunk.block)
    const block = this.#assembler.add(chunk, known)
    if (block === undefined) return undefined
    file.blockDigests.add(block.block, block.digest)
    const unknown = block.encoding === 'plain' ? block.wireBytes : this.#blockBytes
    const offset = block.block * this.#blockBytes
    const length = known ?? unknown
    if (known === null) this.#noteEnd(file, offset + length, length < this.#blockBytes)
    return { ...block, length, offset, pack: undefined }
  }

  /** Of a file of unknown length, a block that is not a full one is the last. */
  #noteEnd(file: IncomingFile, endBytes: number, isShort: boolean): void {
    if (isShort && file.shortEndBytes !== undefined) throw misplaced()
    if (isShort) file.shortEndBytes = endBytes
    file.endBytes = Math.max(file.endBytes, endBytes)
  }

  #addPack(chunk: Chunk, count: number): WholeBlock | undefined {
    const begunBytes = this.#assembler.begunBytes(chunk)
    const length = begunBytes ?? totalBytes(this.#missingOf(chunk, count))
    // A late copy of one that is written or being written.
    if (length === 0) return undefined
    if (length > this.#blockBytes) throw misplaced()
    const block = this.#assembler.add(chunk, length)
    if (block === undefined) return undefined
    const pack = this.#missingOf(chunk, count)
    // Another pack brought some of it.
    if (totalBytes(pack) !== length) throw misplaced()
    for (const { file: number } of pack) {
      const file = this.#files.get(number)
      if (file) file.isPacked = true
    }
    return { ...block, length, offset: 0, pack }
  }

  /** The files of a pack, as far as they are not there; none if they are being written. */
  #missingOf(chunk: Chunk, count: number): PackPart[] {
    if (count === 0 || count > MAX_PACK_ENTRIES) throw misplaced()
    const pack: PackPart[] = []
    for (let number = chunk.file; number < chunk.file + count; number += 1) {
      const file = this.#files.get(number)
      if (file === undefined || file.bytes === 0) continue
      if (file.isPacked) return []
      if (file.bytes === null || file.blockDigests.has(0)) throw misplaced()
      pack.push({ file: number, length: file.bytes })
    }
    return pack
  }
}

function totalBytes(pack: readonly PackPart[]): number {
  return pack.reduce((sum, { length }) => sum + length, 0)
}
