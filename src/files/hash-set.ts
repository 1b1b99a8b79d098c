const FIRST_CAPACITY = 1024
/** Beyond this share of taken slots, looking for a free one takes noticeably longer. */
const MAX_LOAD = 0.75

/** A set of 64-bit hashes, each in two halves, in 11 to 22 bytes apiece. */
export class HashSet {
  #slots = new Uint32Array(2 * FIRST_CAPACITY)
  #size = 0

  get size(): number {
    return this.#size
  }

  /** The memory it takes. */
  get byteLength(): number {
    return this.#slots.byteLength
  }

  has(high: number, low: number): boolean {
    return this.#isAt(this.#find(high, low))
  }

  /** False if it was there before. */
  add(high: number, low: number): boolean {
    if (this.#size >= (this.#slots.length / 2) * MAX_LOAD) this.#grow()
    const slot = this.#find(high, low)
    if (this.#isAt(slot)) return false
    this.#slots[slot] = high
    this.#slots[slot + 1] = marked(low)
    this.#size++
    return true
  }

  /** A free slot is all zero, which `marked` keeps hashes from being. */
  #isAt(slot: number): boolean {
    return this.#slots[slot + 1] !== 0
  }

  /** Where the hash is, or else belongs. */
  #find(high: number, low: number): number {
    const slots = this.#slots
    const mask = slots.length - 1
    const wanted = marked(low)
    let slot = (low << 1) & mask
    while (slots[slot + 1] !== 0) {
      if (slots[slot] === high >>> 0 && slots[slot + 1] === wanted) break
      slot = (slot + 2) & mask
    }
    return slot
  }

  #grow(): void {
    const former = this.#slots
    this.#slots = new Uint32Array(2 * former.length)
    for (let slot = 0; slot < former.length; slot += 2) {
      const [high = 0, low = 0] = [former[slot], former[slot + 1]]
      if (low === 0) continue
      const place = this.#find(high, low)
      this.#slots[place] = high
      this.#slots[place + 1] = low
    }
  }
}

/** Gives up one bit of the hash, so that no hash is zero; it does not decide on the first slot. */
function marked(low: number): number {
  return (low | 0x8000_0000) >>> 0
}
