import { ShareError } from '../errors.ts'
import { MAX_EARLY_BLOCKS } from '../limits.ts'
import { blockDigest, RunningDigest } from './digests.ts'

/**
 * The digest of a file from those of its blocks, which may become known in any order: SHA-256
 * over the block digests in the order of the blocks (PROTOCOL.md, "Digests").
 */
export class OrderedDigest {
  /** Of a file of one block, there may be thousands: what others need is made when they need it. */
  #only: Uint8Array | undefined
  #running: RunningDigest | undefined
  #early: Map<number, Uint8Array> | undefined
  #next = 0

  /** Whether `block` was added. */
  has(block: number): boolean {
    return block < this.#next || (this.#early?.has(block) ?? false)
  }

  /** Throws `protocol` for a block that was added before, or that comes far too early. */
  add(block: number, digest: Uint8Array): void {
    if (this.has(block) || (this.#early?.size ?? 0) >= MAX_EARLY_BLOCKS) {
      throw new ShareError('protocol', 'The sender sent a block twice or in a wild order')
    }
    if (block > this.#next) {
      this.#early ??= new Map()
      this.#early.set(block, digest)
      return
    }
    this.#take(digest)
    for (;;) {
      const next = this.#early?.get(this.#next)
      if (next === undefined) return
      this.#early?.delete(this.#next)
      this.#take(next)
    }
  }

  /** The file's digest; may be asked for once, when all `blocks` were added. */
  result(blocks: number): Uint8Array {
    if (this.#next !== blocks) throw new TypeError('a block has no digest yet')
    if (this.#only) return blockDigest(this.#only)
    return (this.#running ?? new RunningDigest()).result()
  }

  #take(digest: Uint8Array): void {
    this.#next += 1
    if (this.#next === 1) {
      this.#only = digest
      return
    }
    this.#running ??= new RunningDigest()
    if (this.#only) this.#running.add(this.#only)
    this.#only = undefined
    this.#running.add(digest)
  }
}
