import { MAX_BLOCK_NUMBER } from './frame.ts'

/** A file in a pack, and how many bytes of the pack are its contents. */
export interface PackPart {
  file: number
  length: number
}

/** Where a block lies in the file it belongs to, or what a pack is made of. */
export interface BlockPlace {
  /** Of a pack, the first one. */
  file: number
  /** Of a pack, PACK and how many entries it spans. */
  block: number
  /** Of its first byte in the file. */
  offset: number
  /** At most so many bytes; fewer only at the end of a file of unknown length. */
  length: number
  /** The files of a pack. */
  parts?: readonly PackPart[]
  /** Whether it can be read only once. */
  isOnce?: boolean
}

/** How many blocks of `blockBytes` a file of `bytes` has; an empty one has none. */
export function blockCount(bytes: number, blockBytes: number): number {
  return Math.ceil(bytes / blockBytes)
}

/** How long block `block` of a file of `bytes` is; the last one may be short. */
export function blockLength(bytes: number, blockBytes: number, block: number): number {
  return Math.min(blockBytes, bytes - block * blockBytes)
}

/** Whether a file of `bytes` is short enough for its blocks to be numbered. */
export function isCountable(bytes: number, blockBytes: number): boolean {
  return blockCount(bytes, blockBytes) <= MAX_BLOCK_NUMBER
}
