import type { ShareError } from '../errors.ts'
import type { PathInfo } from '../events.ts'
import type { Encoding, Entry } from './frame.ts'

/** A lane, as a transfer sees it. */
export interface TransferLane {
  /** 0 for the first one of a session. */
  readonly number: number
  readonly transport: PathInfo['transport']
  /** Changes when the connection finds a better way. */
  readonly path: PathInfo['path']
  /** The largest payload that `send` takes, in bytes. */
  readonly maxPayloadBytes: number
  /** Queues one payload, given in parts, which may be reused once it returns. */
  send(parts: readonly Uint8Array[]): void
  /** Names the one who is told what arrives and when it ends, from the first payload on. */
  listen(watcher: {
    onPayload(payload: Uint8Array): void
    /** Without an error when the other side said that nothing follows. */
    onEnd(error?: ShareError): void
  }): void
  /** Closes at once; what is under way is lost, and the watcher is not called. */
  abandon(why?: string): void
}

/** What a receiver says has arrived. */
export interface ArrivalReport {
  /** The probe that this answers; undefined when it comes unasked. */
  probe: number | undefined
  /** Payload bytes that have arrived so far, by lane number. */
  receivedBytes: ReadonlyMap<number, number>
}

/** The lanes of a session, and the probes beside them, which may get lost. */
export interface Lanes {
  /** The first lane: all frames but chunks go over it. */
  readonly first: TransferLane
  /** Whether it is worth looking for a direct path while a relay is used. */
  readonly mayBeDirect: boolean
  /**
   * Makes one more: straight to the other side over `transport` only, or `any` way that there is;
   * `why` is for diagnostics. Throws `no-path` and abort reasons.
   */
  open(
    transport: PathInfo['transport'] | 'any',
    signal: AbortSignal,
    why?: string,
  ): Promise<TransferLane>
  /** Names the one who takes the lanes that the other side makes. */
  onLane(handler: (lane: TransferLane) => void): void
  /** Asks the other side for a report that names this number. */
  probe(probe: number): void
  onReport(handler: (report: ArrivalReport) => void): void
  /** Names the one who answers the other side's probes. */
  onProbe(handler: (probe: number) => void): void
  report(report: ArrivalReport): void
}

/** Makes blocks smaller where that makes the transfer faster. */
export interface Encoder {
  /** What it makes of a block. */
  readonly encoding: Encoding
  /** `block` encoded, or undefined where it is better sent as it is. */
  encode(block: Uint8Array): Promise<Uint8Array | undefined>
  /** The same as `encode` gave for this block before. */
  encodeAgain(block: Uint8Array): Promise<Uint8Array>
  /**
   * So many bytes left for the wire, and stand for so many of blocks; `isLineFull` when more were
   * ready than could be sent.
   */
  sent(wireBytes: number, blockBytes: number, isLineFull: boolean): void
}

/** Makes blocks what they were. */
export interface Decoder {
  /** The block of `bytes` that `data` was made from. Throws `protocol` for data that is none. */
  decode(encoding: Encoding, data: Uint8Array, bytes: number): Promise<Uint8Array>
}

/** A file with all that is in it. */
export interface WholeFile {
  file: number
  content: Uint8Array
}

/** Where a sender's entries and blocks come from. */
export interface Source {
  /** The next entries, `count` at most; none when there are no more. */
  list(count: number): Promise<Entry[]>
  /**
   * Fills `buffer` with what stands in file `file` from `offset` on; says how many bytes, which are
   * fewer only at the end of a file of unknown length.
   */
  read(file: number, offset: number, buffer: Uint8Array): Promise<number>
  /**
   * Reads these small files, each to its `content`, which is as long as it. They are finished with
   * that. Throws as `read` and `finish`.
   */
  readWhole(files: readonly WholeFile[]): Promise<void>
  /** All of `file` was read. Throws `file-changed` if that may be a mix of two versions. */
  finish(file: number): Promise<void>
  /** The receiver has all of `file`, or does not want it: it is not read again. */
  release(file: number): void
}

/** Where a receiver's entries and blocks go. */
export interface Sink {
  /** Whether something of it may be there already, so that it is worth comparing. */
  readonly mayHave: boolean
  /** Takes the next entries, in order. Throws before anything of a bad one is written. */
  list(first: number, entries: readonly Entry[]): Promise<void>
  /**
   * What is there of `file`: the SHA-256 of each block that is there whole, from the first on and not
   * beyond the file's length; or `skip` it.
   */
  compare(file: number, blockBytes: number): Promise<'skip' | AsyncIterable<Uint8Array>>
  /** Writes `parts`, one behind the other, to file `file` from `offset` on. */
  write(file: number, offset: number, parts: readonly Uint8Array[]): Promise<void>
  /** Writes these files, each with all that is in it, and finishes them. */
  writeWhole(files: readonly WholeFile[]): Promise<void>
  /** All of `file` is written, which has `bytes` bytes. */
  finish(file: number, bytes: number): Promise<void>
  /** Throws `disk-full` where there is no room for `bytes` in all. */
  assertRoomFor?(bytes: number): Promise<void>
  /** Everything is finished: gives it its final name. */
  publish(): Promise<void>
}
