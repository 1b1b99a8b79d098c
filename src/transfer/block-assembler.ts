import { ShareError } from '../errors.ts'
import { MAX_CHUNKS_PER_BLOCK } from '../limits.ts'
import type { Chunk, Entry } from './frame.ts'
import { type BlockPlace, blockCount, blockLength } from './transfer-plan.ts'

/** A block whose chunks are all there, not yet compared with its digest. */
export interface WholeBlock extends BlockPlace {
  /** Its contents, in order: chunks are not joined, which would cost a copy. */
  parts: Uint8Array[]
  digest: Uint8Array
}

interface PartialBlock {
  chunks: Chunk[]
  digest: Uint8Array | undefined
  missingBytes: number
}

export interface BlockAssemblerInit {
  blockBytes: number
  /** How many blocks may be begun and not whole. */
  maxPartialBlocks: number
}

/** Puts blocks together from chunks, which may come in any order. */
export class BlockAssembler {
  readonly #init: BlockAssemblerInit
  readonly #partial = new Map<string, PartialBlock>()

  constructor(init: BlockAssemblerInit) {
    this.#init = init
  }

  /**
   * Takes a chunk of file `entry`; gives the block that it completes.
   * Throws `protocol` for one outside the file, over another, or one too many.
   */
  add(chunk: Chunk, entry: Entry): WholeBlock | undefined {
    const { blockBytes } = this.#init
    if (chunk.block >= blockCount(entry.bytes, blockBytes)) throw misplaced()
    const length = blockLength(entry.bytes, blockBytes, chunk.block)
    if (chunk.data.length === 0 || chunk.offset + chunk.data.length > length) throw misplaced()
    const key = `${chunk.file}/${chunk.block}`
    const partial = this.#partial.get(key) ?? this.#begin(key, length)
    if (partial.chunks.some((other) => overlap(other, chunk))) throw misplaced()
    if (partial.chunks.length >= MAX_CHUNKS_PER_BLOCK) throw misplaced()
    partial.chunks.push(chunk)
    partial.missingBytes -= chunk.data.length
    partial.digest = chunk.digest ?? partial.digest
    if (partial.missingBytes > 0) return undefined
    if (partial.digest === undefined) {
      throw new ShareError('protocol', 'The sender sent a block without its digest')
    }
    this.#partial.delete(key)
    const parts = partial.chunks.sort((a, b) => a.offset - b.offset).map(({ data }) => data)
    const { file, block } = chunk
    return { file, block, offset: block * blockBytes, length, parts, digest: partial.digest }
  }

  #begin(key: string, length: number): PartialBlock {
    if (this.#partial.size >= this.#init.maxPartialBlocks) {
      throw new ShareError('protocol', 'The sender began more blocks than it may')
    }
    const partial = { chunks: [], digest: undefined, missingBytes: length }
    this.#partial.set(key, partial)
    return partial
  }
}

function overlap(a: Chunk, b: Chunk): boolean {
  return a.offset < b.offset + b.data.length && b.offset < a.offset + a.data.length
}

function misplaced(): ShareError {
  return new ShareError('protocol', 'The sender sent a piece that does not belong to the file')
}
