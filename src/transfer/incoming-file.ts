import { DigestList } from './digest-list.ts'
import type { Entry } from './frame.ts'
import { OrderedDigest } from './ordered-digest.ts'

/** A file that is listed and not yet finished. */
export interface IncomingFile {
  readonly entry: Entry
  /** Null until the end of a file of unknown length. */
  bytes: number | null
  readonly blockDigests: OrderedDigest
  /** What is there of it from an earlier run. */
  readonly own: DigestList
  writtenBytes: number
  /** Where the farthest block ends that came while the length was not known. */
  endBytes: number
  /** Where a block ends that came then and is not a full one: it can only be the last. */
  shortEndBytes: number | undefined
  /** Whether its contents have come in a pack. */
  isPacked: boolean
  /** Whether it is whole and being finished. */
  isFinishing: boolean
}

export function incomingFile(entry: Entry): IncomingFile {
  return {
    entry,
    bytes: entry.bytes,
    blockDigests: new OrderedDigest(),
    own: new DigestList(),
    writtenBytes: 0,
    endBytes: 0,
    shortEndBytes: undefined,
    isPacked: false,
    isFinishing: false,
  }
}
