import { ShareError } from '../errors.ts'
import { MAX_UNCONFIRMED_BYTES, RECEIVED_INTERVAL_FRAMES } from '../limits.ts'
import { encodeFrame } from './encode-frame.ts'
import type { Frame } from './frame.ts'

/** Of a lane, what a control stream needs. */
interface ControlLane {
  send(parts: readonly Uint8Array[]): void
}

type Numbered = Exclude<Frame, { type: 'chunk' | 'received' }>

/**
 * The frames of one side but chunks, which all arrive, in order and once, even if the lane that
 * carries them is replaced by one of a new session in between (PROTOCOL.md, "A lost connection").
 * What the other side has not confirmed is kept, and said again there.
 */
export class ControlStream {
  readonly #unconfirmed: Uint8Array[][] = []
  #unconfirmedBytes = 0
  #confirmed = 0
  #received = 0
  #lane: ControlLane | undefined
  /** Whether it is known what the other side has. */
  #isInStep = false

  /** Goes over `lane` from now on; `isFirst` when it is the first one. */
  attach(lane: ControlLane, isFirst: boolean): void {
    this.#lane = lane
    this.#isInStep = isFirst
    if (!isFirst) this.#confirm()
  }

  /** The lane is gone; what is said from now on waits for the next one. */
  detach(): void {
    this.#lane = undefined
  }

  /** Says a frame. Throws `protocol` when the other side has confirmed nothing for far too long. */
  send(frame: Numbered): void {
    const parts = encodeFrame(frame)
    this.#unconfirmed.push(parts)
    this.#unconfirmedBytes += bytesOf(parts)
    if (this.#unconfirmedBytes > MAX_UNCONFIRMED_BYTES) {
      throw new ShareError('protocol', 'The other side does not say what has arrived')
    }
    if (this.#isInStep) this.#lane?.send(parts)
  }

  /** A numbered frame has come. */
  counted(): void {
    this.#received += 1
    if (this.#received % RECEIVED_INTERVAL_FRAMES === 0 && this.#isInStep) this.#confirm()
  }

  /** The other side says how many frames have come there. Throws `protocol` if it cannot be. */
  confirmed(frames: number): void {
    const count = frames - this.#confirmed
    if (count < 0 || count > this.#unconfirmed.length) {
      throw new ShareError('protocol', 'The other side confirms what was not sent')
    }
    this.#confirmed = frames
    for (const parts of this.#unconfirmed.splice(0, count)) this.#unconfirmedBytes -= bytesOf(parts)
    if (this.#isInStep || this.#lane === undefined) return
    this.#isInStep = true
    for (const parts of this.#unconfirmed) this.#lane.send(parts)
  }

  #confirm(): void {
    this.#lane?.send(encodeFrame({ type: 'received', frames: this.#received }))
  }
}

function bytesOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0)
}
