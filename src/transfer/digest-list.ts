import { DIGEST_BYTES } from './frame.ts'

const NONE = new Uint8Array(0)

/** The digests of the first blocks of a file, one behind the other: 32 bytes a block. */
export class DigestList {
  #digests = NONE
  #count = 0

  /** How many blocks there are. */
  get count(): number {
    return this.#count
  }

  /** Adds those of the next blocks, joined. */
  append(digests: Uint8Array): void {
    const usedBytes = this.#count * DIGEST_BYTES
    const neededBytes = usedBytes + digests.length
    if (neededBytes > this.#digests.length) {
      const grown = new Uint8Array(Math.max(neededBytes, 2 * this.#digests.length))
      grown.set(this.#digests.subarray(0, usedBytes))
      this.#digests = grown
    }
    this.#digests.set(digests, usedBytes)
    this.#count += digests.length / DIGEST_BYTES
  }

  /** The digest of block `block`, where it is known. */
  at(block: number): Uint8Array | undefined {
    if (block >= this.#count) return undefined
    return this.#digests.subarray(block * DIGEST_BYTES, (block + 1) * DIGEST_BYTES)
  }
}
