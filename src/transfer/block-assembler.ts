import { ShareError } from '../errors.ts'
import { MAX_CHUNKS_PER_BLOCK } from '../limits.ts'
import { keyOf } from './block-id.ts'
import type { BlockId, Chunk, Encoding } from './frame.ts'

/** A block whose chunks are all there, not yet decoded and compared with its digest. */
export interface AssembledBlock extends BlockId {
  /** Its contents, in order: chunks are not joined, which would cost a copy. */
  parts: Uint8Array[]
  encoding: Encoding
  wireBytes: number
  digest: Uint8Array
}

interface PartialBlock {
  /** As it was when the block was begun. */
  length: number | null
  chunks: Chunk[]
  digest: Uint8Array | undefined
  missingBytes: number
}

export interface BlockAssemblerInit {
  blockBytes: number
  /** How many blocks may be begun and not written: no more are held in memory. */
  maxUnwrittenBlocks: number
}

/** Puts blocks together from chunks, which may come in any order, and more than once. */
export class BlockAssembler {
  readonly #init: BlockAssemblerInit
  readonly #partial = new Map<string, PartialBlock>()
  #unwrittenBlocks = 0

  constructor(init: BlockAssemblerInit) {
    this.#init = init
  }

  /** The length of the block that `chunk` goes on with; undefined where it begins one. */
  begunBytes(chunk: Chunk): number | undefined {
    return this.#partial.get(keyOf(chunk))?.length ?? undefined
  }

  /**
   * Takes a chunk of a block of `length` bytes, null where that is not known; gives the block that
   * it completes. Of a chunk that comes twice, by two lanes, the first copy counts.
   * Throws `protocol` for one that does not fit, lies partly over another, or is one too many.
   */
  add(chunk: Chunk, length: number | null): AssembledBlock | undefined {
    this.#assertFits(chunk, length)
    const key = keyOf(chunk)
    const partial = this.#partial.get(key) ?? this.#begin(key, chunk, length)
    if (!take(partial, chunk)) return undefined
    if (partial.digest === undefined) {
      throw new ShareError('protocol', 'The sender sent a block without its digest')
    }
    this.#partial.delete(key)
    const { file, block, encoding, wireBytes } = chunk
    const parts = partial.chunks.sort((a, b) => a.offset - b.offset).map(({ data }) => data)
    return { file, block, parts, encoding, wireBytes, digest: partial.digest }
  }

  /** A block that `add` gave is written, and its memory free. */
  written(): void {
    this.#unwrittenBlocks -= 1
  }

  #begin(key: string, chunk: Chunk, length: number | null): PartialBlock {
    if (this.#unwrittenBlocks >= this.#init.maxUnwrittenBlocks) {
      throw new ShareError('protocol', 'The sender began more blocks than it may')
    }
    this.#unwrittenBlocks += 1
    const partial = { length, chunks: [], digest: undefined, missingBytes: chunk.wireBytes }
    this.#partial.set(key, partial)
    return partial
  }

  /**
   * A plain block is as long as it is; an encoded one must gain by it, and one of unknown length is
   * a full one when it is encoded.
   */
  #assertFits({ encoding, wireBytes, offset, data }: Chunk, length: number | null): void {
    const { blockBytes } = this.#init
    const isSound =
      encoding === 'plain'
        ? wireBytes === (length ?? Math.min(wireBytes, blockBytes))
        : wireBytes < (length ?? blockBytes)
    if (!isSound || data.length === 0 || offset + data.length > wireBytes) throw misplaced()
  }
}

/** Adds `chunk` unless it is there already; says whether the block is whole now. */
function take(partial: PartialBlock, chunk: Chunk): boolean {
  const [first] = partial.chunks
  if (first && (first.wireBytes !== chunk.wireBytes || first.encoding !== chunk.encoding)) {
    throw misplaced()
  }
  const over = partial.chunks.find((other) => overlap(other, chunk))
  if (over) {
    if (over.offset === chunk.offset && over.data.length === chunk.data.length) return false
    throw misplaced()
  }
  if (partial.chunks.length >= MAX_CHUNKS_PER_BLOCK) throw misplaced()
  partial.chunks.push(chunk)
  partial.missingBytes -= chunk.data.length
  partial.digest = chunk.digest ?? partial.digest
  return partial.missingBytes === 0
}

function overlap(a: Chunk, b: Chunk): boolean {
  return a.offset < b.offset + b.data.length && b.offset < a.offset + a.data.length
}

/** What to say of a chunk that cannot be placed. */
export function misplaced(): ShareError {
  return new ShareError('protocol', 'The sender sent a piece that does not belong to the file')
}
