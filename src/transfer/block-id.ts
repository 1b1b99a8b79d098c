import { type BlockId, PACK } from './frame.ts'

/** How many entries a pack spans; undefined where it is an ordinary block. */
export function packedEntries({ block }: BlockId): number | undefined {
  return block >= PACK ? block - PACK : undefined
}

/** The number of the last entry that a block has to do with. */
export function lastEntryOf(id: BlockId): number {
  return id.file + Math.max(packedEntries(id) ?? 1, 1) - 1
}

/** What to file a block under. */
export function keyOf({ file, block }: BlockId): string {
  return `${file}/${block}`
}
