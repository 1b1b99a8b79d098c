import { ShareError } from '../errors.ts'
import { keyOf } from './block-id.ts'
import { CHUNK_HEADER_BYTES } from './encode-frame.ts'
import { type Chunk, DIGEST_BYTES, type Encoding } from './frame.ts'
import type { BlockPlace } from './transfer-plan.ts'

/** A block as it travels. */
export interface ReadBlock {
  /** Its contents, encoded or not. */
  data: Uint8Array
  /** How `data` is encoded. */
  encoding: Encoding
  /** SHA-256 of the block before encoding; of a pack, over the digests of its files. */
  digest: Uint8Array
}

/** A block that is to be read. */
export interface BlockToRead {
  place: BlockPlace
  /** How it was encoded before, and has to be again; undefined at the first time. */
  encoding: Encoding | undefined
}

/** A piece of a block that was handed out to be sent. */
export interface OutgoingChunk {
  block: OutgoingBlock
  /** Where in the block's data it begins. */
  offset: number
  chunk: Chunk
}

/** Where a piece that was handed out lies in the block's data. */
interface Piece {
  offset: number
  end: number
}

/** A block that was begun and is not yet written at the receiver. */
export interface OutgoingBlock {
  readonly place: BlockPlace
  /** In memory while something of it is to be handed out, or when it can be read only once. */
  content: ReadBlock | undefined
  /** As it was first sent. */
  encoding: Encoding | undefined
  wireBytes: number
  digest: Uint8Array | undefined
  /** All before it was handed out at some time; what is behind it is not cut yet. */
  cutThrough: number
  /** Pieces that are to be handed out again, as they were. */
  lost: Piece[]
  isReading: boolean
  isWritten: boolean
}

/**
 * The blocks between disk and receiver: which are to be read, cut into chunks, sent again after a
 * lane was lost, and which are done. Pure: it neither reads nor sends.
 */
export class OutgoingBlocks {
  readonly #blocks = new Map<string, OutgoingBlock>()
  /** Those with something to hand out or to read, in the order in which they go out. */
  readonly #queue: OutgoingBlock[] = []
  readonly #onReleased: (content: ReadBlock) => void

  /** `onReleased` takes the contents of each block when nothing of it is to be handed out now. */
  constructor(onReleased: (content: ReadBlock) => void) {
    this.#onReleased = onReleased
  }

  /** Blocks begun and not written. */
  get unwritten(): number {
    return this.#blocks.size
  }

  /** Blocks that are read or being read, and not wholly handed out. */
  get waiting(): number {
    return this.#queue.length
  }

  /** Begins the block at `place`, which is to be read. */
  begin(place: BlockPlace): void {
    const block: OutgoingBlock = {
      place,
      content: undefined,
      encoding: undefined,
      wireBytes: 0,
      digest: undefined,
      cutThrough: 0,
      lost: [],
      isReading: false,
      isWritten: false,
    }
    this.#blocks.set(keyOf(place), block)
    this.#queue.push(block)
  }

  /** The next block that is to be read; the answer is `read`. */
  nextRead(): BlockToRead | undefined {
    const block = this.#queue.find(({ content, isReading }) => !content && !isReading)
    if (block === undefined) return undefined
    block.isReading = true
    return { place: block.place, encoding: block.encoding }
  }

  /**
   * A block is read; says whether for the first time. Throws `file-changed` when it is not what it
   * was at the first time.
   */
  read(place: BlockPlace, content: ReadBlock): boolean {
    const block = this.#blocks.get(keyOf(place))
    if (block === undefined) {
      this.#onReleased(content)
      return false
    }
    const isFirstTime = block.digest === undefined
    if (block.digest && Buffer.compare(block.digest, content.digest) !== 0) {
      throw new ShareError('file-changed', 'The file was changed while it was being sent')
    }
    block.isReading = false
    block.digest = content.digest
    block.content = content
    block.encoding = content.encoding
    block.wireBytes = content.data.length
    return isFirstTime
  }

  /** A block that was begun is not to be sent: there is nothing of it, or it is there already. */
  dropped(place: BlockPlace): void {
    const block = this.#blocks.get(keyOf(place))
    if (block === undefined) return
    this.#blocks.delete(keyOf(place))
    this.#dequeue(block)
  }

  /**
   * The next piece to send, for a lane that takes payloads of `maxPayloadBytes`; pieces of about
   * `chunkBytes`. Undefined while its block is being read and when there is none.
   */
  next(chunkBytes: number, maxPayloadBytes: number): OutgoingChunk | undefined {
    const maxDataBytes = maxPayloadBytes - CHUNK_HEADER_BYTES - DIGEST_BYTES
    for (const block of this.#queue) {
      if (block.content === undefined) continue
      const piece = takeLost(block, maxDataBytes) ?? cut(block, Math.min(chunkBytes, maxDataBytes))
      if (piece !== undefined) return this.#handOut(block, block.content, piece)
    }
    return undefined
  }

  /** A piece was lost with its lane, or is late: it is to be sent once more. */
  again({ block, offset, chunk }: OutgoingChunk): void {
    if (block.isWritten || block.lost.some((piece) => piece.offset === offset)) return
    if (!this.#queue.includes(block)) this.#queue.unshift(block)
    block.lost.push({ offset, end: offset + chunk.data.length })
  }

  /** The receiver has written a block. Throws `protocol` for one that it cannot have. */
  written(file: number, blockNumber: number): BlockPlace {
    const block = this.#blocks.get(keyOf({ file, block: blockNumber }))
    if (block === undefined || !wasHandedOut(block)) {
      throw new ShareError('protocol', 'The receiver acknowledged what it cannot have')
    }
    block.isWritten = true
    this.#blocks.delete(keyOf(block.place))
    this.#dequeue(block)
    return block.place
  }

  #handOut(block: OutgoingBlock, content: ReadBlock, { offset, end }: Piece): OutgoingChunk {
    const { file, block: number } = block.place
    const chunk: Chunk = {
      file,
      block: number,
      offset,
      wireBytes: block.wireBytes,
      encoding: content.encoding,
      data: content.data.subarray(offset, end),
      ...(end === block.wireBytes && { digest: content.digest }),
    }
    if (isHandedOut(block)) this.#queue.splice(this.#queue.indexOf(block), 1)
    return { block, offset, chunk }
  }

  /** To be called when a piece of it was sent: frees its contents where that was the last. */
  sent({ block }: OutgoingChunk): void {
    if (isHandedOut(block) && !block.place.isOnce) this.#release(block)
  }

  #release(block: OutgoingBlock): void {
    if (block.content) this.#onReleased(block.content)
    block.content = undefined
  }

  #dequeue(block: OutgoingBlock): void {
    const index = this.#queue.indexOf(block)
    if (index >= 0) this.#queue.splice(index, 1)
    block.lost = []
    this.#release(block)
  }
}

/** Whether nothing of it is to be handed out now. */
function isHandedOut({ cutThrough, wireBytes, lost }: OutgoingBlock): boolean {
  return cutThrough === wireBytes && lost.length === 0
}

/** Whether the receiver may have all of it. */
function wasHandedOut({ cutThrough, wireBytes }: OutgoingBlock): boolean {
  return cutThrough > 0 && cutThrough === wireBytes
}

function takeLost({ lost }: OutgoingBlock, maxDataBytes: number): Piece | undefined {
  const index = lost.findIndex(({ offset, end }) => end - offset <= maxDataBytes)
  return index < 0 ? undefined : lost.splice(index, 1)[0]
}

/**
 * The first of the pieces into which the rest is cut by now: equal ones rather than full ones and a
 * small rest, as each message costs the same. What was handed out stays as it is.
 */
function cut(block: OutgoingBlock, maxChunkBytes: number): Piece | undefined {
  const offset = block.cutThrough
  const restBytes = block.wireBytes - offset
  if (restBytes === 0) return undefined
  const end = offset + Math.ceil(restBytes / Math.ceil(restBytes / maxChunkBytes))
  block.cutThrough = end
  return { offset, end }
}
