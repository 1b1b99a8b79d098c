/** Where a block lies in the file it belongs to. */
export interface BlockPlace {
  file: number
  block: number
  /** Of its first byte in the file. */
  offset: number
  length: number
}

/** How many blocks of `blockBytes` a file of `bytes` has; an empty one has none. */
export function blockCount(bytes: number, blockBytes: number): number {
  return Math.ceil(bytes / blockBytes)
}

/** How long block `block` of a file of `bytes` is; the last one may be short. */
export function blockLength(bytes: number, blockBytes: number, block: number): number {
  return Math.min(blockBytes, bytes - block * blockBytes)
}

/** All blocks of files of these sizes, file by file. */
export function* transferPlan(
  files: readonly { bytes: number }[],
  blockBytes: number,
): Generator<BlockPlace, undefined> {
  for (const [file, { bytes }] of files.entries()) {
    for (let block = 0; block < blockCount(bytes, blockBytes); block += 1) {
      const length = blockLength(bytes, blockBytes, block)
      yield { file, block, offset: block * blockBytes, length }
    }
  }
}
