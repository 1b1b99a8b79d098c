import fc from 'fast-check'
import { MIN_BLOCK_BYTES, PACKED_FILE_BYTES } from '../../src/limits.ts'

/** Of all files that are sent or lied about, so that a lie has a chance to fit. */
export const SIZES = [0, 1, 10, PACKED_FILE_BYTES, PACKED_FILE_BYTES + 5, 3 * MIN_BLOCK_BYTES]

/** What is sent before anything is done to it. */
export interface FuzzSetting {
  /** Null for a directory. */
  sizes: (number | null)[]
  /** What became of each file that the receiver has from an earlier run; null where it has none. */
  fates: number[] | null
  isPipe: boolean
  isCounted: boolean
  lanes: number
  maxPayloadBytes: number
}

export const settings: fc.Arbitrary<FuzzSetting> = fc.record({
  sizes: fc.array(fc.option(fc.constantFrom(...SIZES), { freq: 7 }), {
    minLength: 1,
    maxLength: 10,
  }),
  fates: fc.option(fc.array(fc.nat(4), { minLength: 1, maxLength: 4 })),
  isPipe: fc.boolean(),
  isCounted: fc.boolean(),
  lanes: fc.integer({ min: 1, max: 2 }),
  maxPayloadBytes: fc.constantFrom(16 * 1024, 256 * 1024),
})
