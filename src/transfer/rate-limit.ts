import { ShareError } from '../errors.ts'
import { MIN_LIMIT_BYTES_PER_SECOND } from '../limits.ts'

/** A timer that fired late makes up for no more than this. */
const CATCH_UP_MS = 20

/** Keeps one transfer below a rate. */
export interface RateShare {
  /** Whether a message may leave at `atMs`. */
  mayCarry(atMs: number): boolean
  /** A message of so many bytes has left. */
  sent(bytes: number): void
  /** No more messages: the rate is that of the others. */
  leave(): void
}

/**
 * A rate that the transfers of one sender stay below together, each at an equal share of it.
 *
 * A share is an account: time puts bytes in, messages take them out, and while there is a debt
 * nothing leaves. So messages of any size keep the rate, and go evenly.
 */
export class RateLimit {
  readonly #bytesPerMs: number
  #shares = 0

  /** Throws what `assertLimit` throws. */
  constructor(bytesPerSecond: number) {
    assertLimit(bytesPerSecond)
    this.#bytesPerMs = bytesPerSecond / 1000
  }

  /** One more transfer under this limit. */
  join(): RateShare {
    this.#shares += 1
    let balanceBytes = 0
    let countedMs: number | undefined
    let hasLeft = false
    return {
      mayCarry: (atMs) => {
        const bytesPerMs = this.#bytesPerMs / this.#shares
        balanceBytes += bytesPerMs * (atMs - (countedMs ?? atMs))
        balanceBytes = Math.min(balanceBytes, bytesPerMs * CATCH_UP_MS)
        countedMs = atMs
        return balanceBytes >= 0
      },
      sent: (bytes) => {
        balanceBytes -= bytes
      },
      leave: () => {
        if (!hasLeft) this.#shares -= 1
        hasLeft = true
      },
    }
  }
}

/** Throws ShareError `usage` unless `bytesPerSecond` is a rate that a transfer can keep. */
export function assertLimit(bytesPerSecond: number): void {
  if (Number.isInteger(bytesPerSecond) && bytesPerSecond >= MIN_LIMIT_BYTES_PER_SECOND) return
  throw new ShareError('usage', `A limit is ${MIN_LIMIT_BYTES_PER_SECOND} bytes a second or more`)
}
