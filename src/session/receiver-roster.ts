import { ShareError } from '../errors.ts'
import type { ReceiverResult, ReceiversSummary, TransferSummary } from '../events.ts'
import { MAX_RECEIVER_RESULTS, MAX_RECEIVERS_AT_ONCE } from '../limits.ts'

/**
 * The places of the receivers, and what came of each. A receiver that is let in has one for good,
 * whatever comes of it; a wrong code takes none.
 */
export class ReceiverRoster {
  readonly #receivers: number | undefined
  readonly #results: ReceiverResult[] = []
  #taken = 0
  #completed = 0
  #failed = 0
  #wrongCodes = 0
  #isClosed = false

  /** For so many receivers, or without an end. */
  constructor(receivers: number | undefined) {
    this.#receivers = receivers
  }

  /** Receivers that have a place, and no result yet. */
  get active(): number {
    return this.#taken - this.#completed - this.#failed
  }

  /** Whether all places are given away. */
  get isClosed(): boolean {
    return this.#isClosed || this.#taken === this.#receivers
  }

  /** Whether somebody may have a place now. */
  get hasRoom(): boolean {
    return !this.isClosed && this.active < MAX_RECEIVERS_AT_ONCE
  }

  get isOver(): boolean {
    return this.isClosed && this.active === 0
  }

  /** Gives a place to somebody, whose number it returns. */
  take(): number {
    if (!this.hasRoom) throw new TypeError('there is no place left')
    this.#taken += 1
    return this.#taken
  }

  /** What came of a receiver. */
  settle(receiver: number, outcome: TransferSummary | ShareError): void {
    if (outcome instanceof ShareError) {
      const { code, message, hint, exit } = outcome
      this.#failed += 1
      this.#results.push({ receiver, exit, error: { code, message, hint, exit } })
    } else {
      this.#completed += 1
      this.#results.push({ receiver, exit: 0, summary: outcome })
    }
    if (this.#results.length > MAX_RECEIVER_RESULTS) this.#results.shift()
  }

  wrongCode(): void {
    this.#wrongCodes += 1
  }

  /** Nobody else is let in. */
  close(): void {
    this.#isClosed = true
  }

  get summary(): ReceiversSummary {
    return {
      receivers: this.#receivers ?? null,
      completed: this.#completed,
      failed: this.#failed,
      missing: (this.#receivers ?? this.#taken) - this.#taken,
      wrongCodes: this.#wrongCodes,
      results: [...this.#results],
    }
  }
}
