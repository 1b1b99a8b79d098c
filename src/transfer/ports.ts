import type { ShareError } from '../errors.ts'
import type { Entry } from './frame.ts'

/** A lane, as a transfer sees it: it takes payloads while there is room. */
export interface TransferLane {
  /** The largest payload that `send` takes, in bytes. */
  readonly maxPayloadBytes: number
  /** Bytes that may be sent now. */
  readonly room: number
  /** Queues one payload, given in parts, which may be reused once it returns. */
  send(parts: readonly Uint8Array[]): void
  /** Waits until there is room again, or the lane is gone. */
  writable(): Promise<void>
  /** Names the one who is told what arrives and when it ends, from the first payload on. */
  listen(watcher: {
    onPayload(payload: Uint8Array): void
    /** Without an error when the other side said that nothing follows. */
    onEnd(error?: ShareError): void
  }): void
}

/** Where a sender's blocks come from. */
export interface Source {
  /** Fills `buffer` with what stands in file `file` from `offset` on. */
  read(file: number, offset: number, buffer: Uint8Array): Promise<void>
  /** Throws `file-changed` if what was read may be a mix of two versions. */
  assertUnchanged(): Promise<void>
}

/** Where a receiver's blocks go. */
export interface Sink {
  /** Writes `parts`, one behind the other, to file `file` from `offset` on. */
  write(file: number, offset: number, parts: readonly Uint8Array[]): Promise<void>
  /** Makes what was written durable and gives it its final name. */
  publish(entries: readonly Entry[]): Promise<void>
}
