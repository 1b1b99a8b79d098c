import { MAX_CONTROL_BYTES, MAX_MANIFEST_ENTRIES } from '../limits.ts'
import type { Entry, Frame } from './frame.ts'

type Manifest = Extract<Frame, { type: 'manifest' }>

/** What a MANIFEST has beside its entries, at most. */
const FRAME_BYTES = 100

/** `entries`, the first of which has number `first`, in as many MANIFEST frames as they need. */
export function manifestFrames(first: number, entries: readonly Entry[]): Manifest[] {
  const frames: Manifest[] = []
  let bytes = 0
  for (const [index, entry] of entries.entries()) {
    const entryBytes = Buffer.byteLength(JSON.stringify(entry)) + 1
    const last = frames.at(-1)
    const isFull =
      FRAME_BYTES + bytes + entryBytes > MAX_CONTROL_BYTES ||
      (last?.entries.length ?? 0) >= MAX_MANIFEST_ENTRIES
    if (last === undefined || isFull) {
      frames.push({ type: 'manifest', first: first + index, entries: [entry], isLast: false })
      bytes = entryBytes
    } else {
      last.entries.push(entry)
      bytes += entryBytes
    }
  }
  return frames
}
