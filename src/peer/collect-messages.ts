import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { MESSAGE_COLLECTION_BYTES } from '../limits.ts'

/** V8's `gc`: with `minor` it looks at young objects only, which takes about a millisecond. */
type CollectGarbage = (options: { type: 'minor' }) => void

let collectGarbage: CollectGarbage | undefined

function garbageCollector(): CollectGarbage {
  if (collectGarbage === undefined) {
    setFlagsFromString('--expose-gc')
    collectGarbage = runInNewContext('gc') as CollectGarbage
  }
  return collectGarbage
}

let usedBytes = 0

/**
 * A message of `bytes` came or went: frees the memory of messages in time. Each is memory outside
 * the heap, of which V8 knows only the size, and it answers with full collections, 150 a gigabyte.
 * A small one now and then, when the messages are used up, makes those unnecessary.
 */
export function collectMessages(bytes: number): void {
  usedBytes += bytes
  if (usedBytes < MESSAGE_COLLECTION_BYTES) return
  usedBytes = 0
  garbageCollector()({ type: 'minor' })
}
