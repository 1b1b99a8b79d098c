import { MAX_LISTED_BLOCKS } from '../limits.ts'
import type { BlockId } from './frame.ts'

/** Collects blocks that are to be told of together: those of one turn of the event loop. */
export class BlockList {
  readonly #tell: (blocks: BlockId[]) => void
  #blocks: BlockId[] = []
  #timer: NodeJS.Immediate | undefined

  /** `tell` is given at least one block, and as many as a frame takes. */
  constructor(tell: (blocks: BlockId[]) => void) {
    this.#tell = tell
  }

  add(block: BlockId): void {
    this.#blocks.push(block)
    if (this.#blocks.length >= MAX_LISTED_BLOCKS) this.flush()
    else this.#timer ??= setImmediate(() => this.flush())
  }

  /** Tells now, so that what is said next comes after it. */
  flush(): void {
    clearImmediate(this.#timer)
    this.#timer = undefined
    if (this.#blocks.length > 0) this.#tell(this.#blocks.splice(0))
  }
}
