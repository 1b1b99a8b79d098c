import { ShareError } from '../errors.ts'
import type { Chunk, Entry } from './frame.ts'
import { type BlockPlace, blockCount, blockLength } from './transfer-plan.ts'

/** A block whose chunks are all there, not yet compared with its digest. */
export interface WholeBlock extends BlockPlace {
  data: Uint8Array
  digest: Uint8Array
}

interface PartialBlock {
  data: Uint8Array
  digest: Uint8Array | undefined
  /** How long the chunk at each offset is. */
  chunks: Map<number, number>
  missingBytes: number
}

export interface BlockAssemblerInit {
  blockBytes: number
  /** How many blocks may be begun and not whole, which bounds the memory. */
  maxPartialBlocks: number
  /** Gives the buffer for a block of so many bytes. */
  allocate: (bytes: number) => Uint8Array
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
   * Throws `protocol` for one outside the file or over another, before anything is allocated.
   */
  add(chunk: Chunk, entry: Entry): WholeBlock | undefined {
    const { blockBytes } = this.#init
    if (chunk.block >= blockCount(entry.bytes, blockBytes)) throw misplaced()
    const length = blockLength(entry.bytes, blockBytes, chunk.block)
    if (chunk.data.length === 0 || chunk.offset + chunk.data.length > length) throw misplaced()
    const key = `${chunk.file}/${chunk.block}`
    const partial = this.#partial.get(key) ?? this.#begin(key, length)
    if (overlaps(partial.chunks, chunk)) throw misplaced()
    partial.data.set(chunk.data, chunk.offset)
    partial.chunks.set(chunk.offset, chunk.data.length)
    partial.missingBytes -= chunk.data.length
    // The digest is a view of a message of 256 KiB, which need not be kept for it.
    if (chunk.digest) partial.digest = chunk.digest.slice()
    if (partial.missingBytes > 0) return undefined
    if (partial.digest === undefined) {
      throw new ShareError('protocol', 'The sender sent a block without its digest')
    }
    this.#partial.delete(key)
    const { file, block } = chunk
    const { data, digest } = partial
    return { file, block, offset: block * blockBytes, length, data, digest }
  }

  #begin(key: string, length: number): PartialBlock {
    if (this.#partial.size >= this.#init.maxPartialBlocks) {
      throw new ShareError('protocol', 'The sender began more blocks than it may')
    }
    const data = this.#init.allocate(length)
    const partial = { data, digest: undefined, chunks: new Map(), missingBytes: length }
    this.#partial.set(key, partial)
    return partial
  }
}

function overlaps(chunks: ReadonlyMap<number, number>, { offset, data }: Chunk): boolean {
  for (const [otherOffset, otherLength] of chunks) {
    if (offset < otherOffset + otherLength && otherOffset < offset + data.length) return true
  }
  return false
}

function misplaced(): ShareError {
  return new ShareError('protocol', 'The sender sent a piece that does not belong to the file')
}
