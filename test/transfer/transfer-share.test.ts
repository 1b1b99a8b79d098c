import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  BLOCK_BYTES,
  MAX_FLIGHT_BYTES,
  MAX_RECEIVERS_AT_ONCE,
  MAX_SHARED_FLIGHT_BYTES,
  MAX_SHARED_LANES,
  MAX_SHARED_READ_AHEAD_BLOCKS,
  READ_AHEAD_BLOCKS,
} from '../../src/limits.ts'
import { transferShare } from '../../src/transfer/transfer-share.ts'

describe('the share of a transfer', () => {
  it('is all that is good for it where it is alone', () => {
    expect(transferShare(1)).toEqual({
      flightBytes: MAX_FLIGHT_BYTES,
      lanes: MAX_SHARED_LANES,
      readAheadBlocks: READ_AHEAD_BLOCKS,
    })
  })

  it('lets each go on, and all together stay within bounds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: MAX_RECEIVERS_AT_ONCE }), (transfers) => {
        const { flightBytes, lanes, readAheadBlocks } = transferShare(transfers)
        expect(flightBytes).toBeGreaterThanOrEqual(BLOCK_BYTES)
        expect(readAheadBlocks).toBeGreaterThanOrEqual(1)
        expect(transfers * flightBytes).toBeLessThanOrEqual(MAX_SHARED_FLIGHT_BYTES)
        expect(transfers * lanes).toBeLessThanOrEqual(MAX_SHARED_LANES)
        expect(transfers * readAheadBlocks).toBeLessThanOrEqual(MAX_SHARED_READ_AHEAD_BLOCKS)
      }),
    )
  })
})
