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

/** Where a sender has several receivers, which of them: 1 for the first that came, and so on. */
interface OfReceiver {
  receiver?: number
}

/** Why something failed. */
export interface Failure {
  code: ErrorCode
  message: string
  hint: string
  /** The exit status that it stands for. */
  exit: number
}

/** What came of one receiver of several. */
export interface ReceiverResult {
  receiver: number
  /** 0 where it has everything, else that of its `error`. */
  exit: number
  /** Where it has everything. */
  summary?: TransferSummary
  error?: Failure
}

/** What came of all receivers. */
export interface ReceiversSummary {
  /** How many there were to be; null where there is no end to them. */
  receivers: number | null
  completed: number
  failed: number
  /** How many did not come. */
  missing: number
  /** How often somebody used a wrong code. */
  wrongCodes: number
  /** Those of the last ten thousand, in the order in which they ended. */
  results: ReceiverResult[]
}

/** What a transfer tells its watcher, in the order in which it happens. */
export type TransferEvent =
  /** The share code is known: `code` for this network, `full` with the server in it. */
  | { event: 'code'; code: string; full: string }
  /** The rendezvous is reached and the other side is not there yet. */
  | { event: 'waiting' }
  | ({ event: 'connected' } & PathInfo & OfReceiver)
  /** What both sides show, to be compared by voice, where either of them wants to. */
  | ({ event: 'verify'; words: string } & OfReceiver)
  /** Most of the data goes another way now than it did `before`. */
  | ({ event: 'path'; before: Pick<PathInfo, 'path' | 'transport'> } & PathInfo & OfReceiver)
  | ({ event: 'offer' } & OfferInfo & OfReceiver)
  /** `bytes` of `total` are safe at the receiver; null while not everything is counted. */
  | ({
      event: 'progress'
      bytes: number
      total: number | null
      bytesPerSecond: number
    } & Carriers &
      OfReceiver)
  /** A file arrived whole. `sha256` is the file's digest (PROTOCOL.md, "Digests"). */
  | ({ event: 'file'; path: string; bytes: number; sha256: string } & OfReceiver)
  /** The text that was sent in the place of files, whole and as it was sent. */
  | { event: 'text'; text: string }
  /** All is well. `saved` is the absolute path that the receiver saved to. */
  | ({ event: 'done'; saved?: string } & TransferSummary & OfReceiver)
  | ({ event: 'warning'; message: string } & OfReceiver)
  /** Of a receiver, it is the end for that one; the others go on. */
  | ({ event: 'error' } & Failure & OfReceiver)
  /** It is over with all receivers, where there are several. */
  | ({ event: 'summary' } & ReceiversSummary)

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

/** `failed`: a transfer would not work because of it. `skipped`: there was nothing to check. */
export type Verdict = 'ok' | 'warning' | 'failed' | 'skipped'

/**
 * How a NAT maps this side: not at all, to one address for all others, to another for each of them;
 * `unknown` where there was nothing to compare.
 */
export type NatMapping = 'none' | 'cone' | 'symmetric' | 'unknown'

/** What the doctor looks at: all but the last three by itself, those with another side. */
export type CheckName =
  | 'engine'
  | 'rendezvous'
  | 'certificate'
  | 'clock'
  | 'udp'
  | 'nat'
  | 'relay-udp'
  | 'relay-tcp'
  | 'local-network'
  | 'free-space'
  | 'open-files'
  | 'throughput'
  | 'path'
  | 'connection'
  | 'sending'
  | 'receiving'

/** What one check measured, as far as it could. */
export interface CheckFigures {
  /** Of `rendezvous`: its URL, how long connecting took, and how many ICE servers it names. */
  url?: string
  ipv4Ms?: number
  ipv6Ms?: number
  iceServers?: number
  /** Of `certificate`: its end, in ISO 8601. */
  validTo?: string
  /** Of `clock`: how far this machine's is ahead of the server's. */
  aheadSeconds?: number
  /** Of `udp`: this side's addresses as others see them. */
  publicIpv4?: string
  publicIpv6?: string
  /** Of `nat`. */
  mapping?: NatMapping
  /** Of `relay-udp` and `relay-tcp`: the address that the relay gave, and how long that took. */
  address?: string
  milliseconds?: number
  /** Of `free-space`: where, and how much. */
  directory?: string
  bytes?: number
  /** Of `open-files`. */
  limit?: number
  /** Of `throughput`, `sending` and `receiving`. */
  bytesPerSecond?: number
  /** Of `connection`: as of a transfer, and where the two ends are. */
  path?: PathInfo['path']
  transport?: PathInfo['transport']
  rttMs?: number
  ownAddress?: string
  peerAddress?: string
}

/** What one check of the doctor found. */
export interface CheckResult extends CheckFigures {
  name: CheckName
  verdict: Verdict
  /** A sentence for a person without a full stop. */
  message: string
  /** What to do next; empty where there is nothing to do. */
  hint: string
}

/** What the doctor's checks come to. */
export interface DoctorSummary {
  /** How many checks had each verdict. */
  ok: number
  warnings: number
  failed: number
  skipped: number
  seconds: number
}

/** What the doctor tells its watcher: `code` and `waiting` only while it looks for another side. */
export type DoctorEvent =
  | Extract<TransferEvent, { event: 'code' | 'waiting' | 'warning' }>
  | ({ event: 'check' } & CheckResult)
  | ({ event: 'done' } & DoctorSummary)

export type DoctorWatcher = (event: DoctorEvent) => void

/** The version in the `v` of each JSON line; it changes when a field changes its meaning. */
export const EVENT_SCHEMA_VERSION = 1

/**
 * A line of `--json`, of any command. `events.schema.json` beside this file says the same as a JSON
 * Schema, which the package exports.
 */
export type EventLine = { v: typeof EVENT_SCHEMA_VERSION; time: string } & (
  | TransferEvent
  | VerifyEvent
  | DoctorEvent
)
