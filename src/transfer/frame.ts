import type { ErrorCode } from '../errors.ts'

/** The type bytes of version 3 (PROTOCOL.md, "Frames"). */
export const FrameType = {
  offer: 0x01,
  accept: 0x02,
  decline: 0x03,
  manifest: 0x04,
  chunk: 0x05,
  total: 0x06,
  ack: 0x07,
  done: 0x08,
  saved: 0x09,
  abort: 0x0a,
  have: 0x0b,
  skip: 0x0c,
  checked: 0x0d,
  keep: 0x0e,
  end: 0x0f,
  received: 0x10,
} as const

export const DIGEST_BYTES = 32

/** What kind of thing is on offer. */
export const OFFER_KINDS = ['file', 'directory', 'several', 'text'] as const
export type OfferKind = (typeof OFFER_KINDS)[number]

/** What the sender offers, before anything is decided. */
export interface Offer {
  /** What the whole is called: the name of the file or directory, or how many there are. */
  name: string
  kind: OfferKind
  /** As far as they are counted. */
  files: number
  /** Of all files together, as far as they are counted. */
  bytes: number
  /** Whether everything is counted; if not, a TOTAL follows. */
  isCounted: boolean
  blockBytes: number
}

/** One file or directory of the offer. */
export interface Entry {
  /** Components joined by `/`, the first of which is the root's name. */
  path: string
  kind: 'file' | 'directory'
  /** 0 for a directory, null for a file whose length is not known before its end. */
  bytes: number | null
  /** Permission bits. */
  mode: number
  /** Milliseconds since 1970. */
  modifiedMs: number
}

/** How a block is encoded on its way: as it is, or compressed. */
export const ENCODINGS = ['plain', 'zstd', 'lz4'] as const
export type Encoding = (typeof ENCODINGS)[number]

/**
 * A block of a file; or, where `block` is PACK plus a count, a pack: the contents of so many
 * entries from `file` on, joined.
 */
export interface BlockId {
  file: number
  block: number
}

export const PACK = 0x8000_0000
export const MAX_BLOCK_NUMBER = PACK - 1

/** A piece of an encoded block; the piece that ends it carries the digest. */
export interface Chunk extends BlockId {
  encoding: Encoding
  /** How long the whole block is when it is encoded. */
  wireBytes: number
  /** Where in the encoded block it belongs. */
  offset: number
  data: Uint8Array
  /** SHA-256 of the whole block before encoding; of a pack, over the digests of its files. */
  digest?: Uint8Array
}

/** What the two sides of a transfer say to each other. */
export type Frame =
  | ({ type: 'offer' } & Offer)
  /** Everything is counted now. */
  | { type: 'total'; files: number; bytes: number }
  /**
   * Send it, and keep no more than `windowBytes` unwritten; `compares` when some may be there. No
   * faster than `bytesPerSecond`, where it says so.
   */
  | { type: 'accept'; windowBytes: number; compares: boolean; bytesPerSecond?: number }
  | { type: 'decline'; code: ErrorCode }
  /** The entries from index `first` on. */
  | { type: 'manifest'; first: number; entries: Entry[]; isLast: boolean }
  /** The digests of the blocks of a file that are there, from block `first` on, joined. */
  | { type: 'have'; file: number; first: number; digests: Uint8Array }
  /** These files are not wanted. */
  | { type: 'skip'; files: number[] }
  /** All entries below `through` are taken in, and compared where that was agreed. */
  | { type: 'checked'; through: number }
  | ({ type: 'chunk' } & Chunk)
  /** Blocks that are there and right. */
  | { type: 'keep'; blocks: BlockId[] }
  /** How long a file is of which that was not known. */
  | { type: 'end'; file: number; bytes: number }
  /** Blocks that are written. */
  | { type: 'ack'; blocks: BlockId[] }
  /** All files were sent. */
  | { type: 'done'; files: number; bytes: number; digest: Uint8Array }
  /** Everything arrived, was checked, and bears its final name. */
  | { type: 'saved'; digest: Uint8Array }
  | { type: 'abort'; code: ErrorCode }
  /** How many numbered frames have come so far (PROTOCOL.md, "A lost connection"). */
  | { type: 'received'; frames: number }
