import {
  BLOCK_BYTES,
  MAX_FLIGHT_BYTES,
  MAX_LANES,
  MAX_SHARED_FLIGHT_BYTES,
  MAX_SHARED_LANES,
  MAX_SHARED_READ_AHEAD_BLOCKS,
  READ_AHEAD_BLOCKS,
} from '../limits.ts'

/** What a sender may take of this machine: all that is good for it, or a part beside others. */
export interface TransferShare {
  /** Under way over all its lanes. */
  flightBytes: number
  /** Beside the first one. */
  lanes: number
  /** Read and not yet sent. */
  readAheadBlocks: number
}

/** The equal part of each of so many transfers; enough for each to go on, whatever their number. */
export function transferShare(transfers: number): TransferShare {
  const part = (all: number, least: number, most: number) =>
    Math.min(most, Math.max(least, Math.floor(all / transfers)))
  return {
    flightBytes: part(MAX_SHARED_FLIGHT_BYTES, BLOCK_BYTES, MAX_FLIGHT_BYTES),
    lanes: part(MAX_SHARED_LANES, 0, MAX_LANES),
    readAheadBlocks: part(MAX_SHARED_READ_AHEAD_BLOCKS, 1, READ_AHEAD_BLOCKS),
  }
}
