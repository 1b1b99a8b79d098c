import { createHash } from 'node:crypto'

/** Reproducible bytes: SHA-512 of the seed and a counter. */
export function seededRandom(seed: string): (length: number) => Uint8Array {
  let counter = 0
  return (length) => {
    const blocks: Buffer[] = []
    for (let bytes = 0; bytes < length; bytes += 64) {
      blocks.push(createHash('sha512').update(`${seed} ${counter}`).digest())
      counter += 1
    }
    return Uint8Array.from(Buffer.concat(blocks).subarray(0, length))
  }
}
