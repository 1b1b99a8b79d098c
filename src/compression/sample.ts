import { KIB } from '../limits.ts'

/** Some 30 microseconds of work; a block that differs inside is seen in several places. */
const SLICES = 4
const SLICE_BYTES = 4 * KIB
const BITS_PER_BYTE = 8

/**
 * How small `block` can become, from 0 to 1, going by how unevenly its bytes are spread (Shannon's
 * entropy) in a few places. A guess: repetitions make real codecs do better, and codecs without an
 * entropy coder do worse.
 */
export function sampledRatio(block: Uint8Array): number {
  if (block.length <= SLICES * SLICE_BYTES) return entropyRatio(block)
  const sliceEvery = block.length / SLICES
  let sum = 0
  for (let slice = 0; slice < SLICES; slice += 1) {
    // From the middle of its share: a file's head is often unlike the rest.
    const start = Math.floor((slice + 0.5) * sliceEvery - SLICE_BYTES / 2)
    sum += entropyRatio(block.subarray(start, start + SLICE_BYTES))
  }
  return sum / SLICES
}

function entropyRatio(slice: Uint8Array): number {
  const total = slice.length
  if (total === 0) return 1
  const counts = new Uint32Array(256)
  // Plain indices: an iterator takes several times as long.
  for (let index = 0; index < total; index += 1) {
    const byte = slice[index] ?? 0
    counts[byte] = (counts[byte] ?? 0) + 1
  }
  let weighted = 0
  let distinct = 0
  for (const count of counts) {
    if (count === 0) continue
    weighted += count * Math.log2(count)
    distinct += 1
  }
  return Math.min(1, (Math.log2(total) - weighted / total + bias(distinct, total)) / BITS_PER_BYTE)
}

/** What a count over few bytes misses of the entropy (Miller, 1955), in bits. */
function bias(distinct: number, total: number): number {
  return (distinct - 1) / (2 * total * Math.LN2)
}
