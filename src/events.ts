import type { ErrorCode } from './errors.ts'

/** How the two machines reach each other. */
export interface PathInfo {
  path: 'direct' | 'relay'
  /** Of a relay, how this side gets to it; the other side may get to it otherwise. */
  transport: 'udp' | 'tcp'
  /** Round trip in milliseconds. */
  rttMs: number
}

/** What has carried the data lately. */
export interface Carriers {
  /** How many connections side by side. */
  lanes: number
  transports: PathInfo['transport'][]
}

/** What is on offer; `files` and `bytes` (of all contents together) as far as they are counted. */
export interface OfferInfo {
  /** Of the file or directory; of several things, how many there are. */
  name: string
  kind: 'file' | 'directory' | 'several' | 'text'
  files: number
  bytes: number
  /** Whether that is everything; a pipe is never counted, a large tree takes its time. */
  isCounted: boolean
}

/** What a finished transfer comes to; both sides report equal `files`, `bytes` and `digest`. */
export interface TransferSummary {
  files: number
  bytes: number
  /** Files left out because the receiver had something under their names. */
  skipped: number
  /** Payload bytes that crossed the wire in this run. */
  sent: number
  seconds: number
  path: PathInfo['path']
  /** The transfer's digest in lower-case hex (PROTOCOL.md, "Digests"). */
  digest: string
}

/** What a transfer tells its watcher, in the order in which it happens. */
export type TransferEvent =
  /** The share code is known: `code` for this network, `full` with the server in it. */
  | { event: 'code'; code: string; full: string }
  /** The rendezvous is reached and the other side is not there yet. */
  | { event: 'waiting' }
  | ({ event: 'connected' } & PathInfo)
  /** What both sides show, to be compared by voice, where either of them wants to. */
  | { event: 'verify'; words: string }
  | ({ event: 'offer' } & OfferInfo)
  /** `bytes` of `total` are safe at the receiver; null while not everything is counted. */
  | ({ event: 'progress'; bytes: number; total: number | null; bytesPerSecond: number } & Carriers)
  /** A file arrived whole. `sha256` is the file's digest (PROTOCOL.md, "Digests"). */
  | { event: 'file'; path: string; bytes: number; sha256: string }
  /** The text that was sent in the place of files, whole and as it was sent. */
  | { event: 'text'; text: string }
  /** All is well. `saved` is the absolute path that the receiver saved to. */
  | ({ event: 'done'; saved?: string } & TransferSummary)
  | { event: 'warning'; message: string }
  | { event: 'error'; code: ErrorCode; message: string; hint: string; exit: number }

export type TransferWatcher = (event: TransferEvent) => void

/** What a check against a receipt comes to. */
export interface VerifySummary {
  /** In the receipt, and what they have together. */
  files: number
  bytes: number
  /** How many of the files are not as the receipt says. */
  mismatches: number
  /** The transfer's digest, as the receipt has it. */
  digest: string
}

/** What a check of files against a receipt tells its watcher. */
export type VerifyEvent =
  /** `changed`: other contents, or another kind of thing, a symbolic link for instance. */
  | { event: 'mismatch'; path: string; reason: 'missing' | 'changed' | 'unreadable' }
  /** All files were looked at. */
  | ({ event: 'done' } & VerifySummary)

export type VerifyWatcher = (event: VerifyEvent) => void

/** The version in the `v` of each JSON line; it changes when a field changes its meaning. */
export const EVENT_SCHEMA_VERSION = 1

/**
 * A line of `--json`, of any command. `events.schema.json` beside this file says the same as a JSON
 * Schema, which the package exports.
 */
export type EventLine = { v: typeof EVENT_SCHEMA_VERSION; time: string } & (
  | TransferEvent
  | VerifyEvent
)
