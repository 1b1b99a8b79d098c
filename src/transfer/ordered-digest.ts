import { ShareError } from '../errors.ts'
import { MAX_EARLY_BLOCKS } from '../limits.ts'
import { RunningDigest } from './digests.ts'

/**
 * The digest of a file from those of its blocks, which may become known in any order: SHA-256
 * over the block digests in the order of the blocks (PROTOCOL.md, "Digests").
 */
export class OrderedDigest {
  #running: RunningDigest | undefined
  readonly #early = new Map<number, Uint8Array>()
  #next = 0

  /** Whether `block` was added. */
  has(block: number): boolean {
    return block < this.#next || this.#early.has(block)
  }

  /** Throws `protocol` for a block that was added before, or that comes far too early. */
  add(block: number, digest: Uint8Array): void {
    if (this.has(block) || this.#early.size >= MAX_EARLY_BLOCKS) {
      throw new ShareError('protocol', 'The sender sent a block twice or in a wild order')
    }
    this.#early.set(block, digest)
    this.#running ??= new RunningDigest()
    for (;;) {
      const next = this.#early.get(this.#next)
      if (next === undefined) return
      this.#running.add(next)
      this.#early.delete(this.#next)
      this.#next += 1
    }
  }

  /** The file's digest; may be asked for once, when all `blocks` were added. */
  result(blocks: number): Uint8Array {
    if (this.#next !== blocks) throw new TypeError('a block has no digest yet')
    return (this.#running ?? new RunningDigest()).result()
  }
}
