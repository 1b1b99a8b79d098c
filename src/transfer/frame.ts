import type { ErrorCode } from '../errors.ts'

/** The type bytes of version 2 (PROTOCOL.md, "Frames"). */
export const FrameType = {
  offer: 0x01,
  accept: 0x02,
  decline: 0x03,
  manifest: 0x04,
  chunk: 0x05,
  file: 0x06,
  ack: 0x07,
  done: 0x08,
  saved: 0x09,
  abort: 0x0a,
} as const

export const DIGEST_BYTES = 32

/** What the sender offers, before anything is decided. */
export interface Offer {
  /** What the whole is called: the file's name. */
  name: string
  files: number
  /** Of all files together. */
  bytes: number
  blockBytes: number
}

/** One file of the offer. */
export interface Entry {
  path: string
  bytes: number
  /** Permission bits. */
  mode: number
  /** Milliseconds since 1970. */
  modifiedMs: number
}

/** How a block is encoded on its way: as it is, or compressed. */
export const ENCODINGS = ['plain', 'zstd', 'lz4'] as const
export type Encoding = (typeof ENCODINGS)[number]

/** A piece of an encoded block; the piece that ends it carries the digest. */
export interface Chunk {
  file: number
  block: number
  encoding: Encoding
  /** How long the whole block is when it is encoded. */
  wireBytes: number
  /** Where in the encoded block it belongs. */
  offset: number
  data: Uint8Array
  /** SHA-256 of the whole block before encoding. */
  digest?: Uint8Array
}

/** What the two sides of a transfer say to each other. */
export type Frame =
  | ({ type: 'offer' } & Offer)
  /** Send it, and keep no more than `windowBytes` unwritten. */
  | { type: 'accept'; windowBytes: number }
  | { type: 'decline'; code: ErrorCode }
  /** The entries from index `first` on. */
  | { type: 'manifest'; first: number; entries: Entry[] }
  | ({ type: 'chunk' } & Chunk)
  /** All blocks of a file were sent. */
  | { type: 'file'; file: number; bytes: number; digest: Uint8Array }
  /** A block is written. */
  | { type: 'ack'; file: number; block: number }
  /** All files were sent. */
  | { type: 'done'; files: number; bytes: number; digest: Uint8Array }
  /** Everything arrived, was checked, and bears its final name. */
  | { type: 'saved'; digest: Uint8Array }
  | { type: 'abort'; code: ErrorCode }
