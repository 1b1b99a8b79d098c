/** A timer that fired late makes up for no more than this. */
const MAX_CATCH_UP_MS = 20
/** Messages that may leave at once. */
const BURST_MESSAGES = 2

/**
 * Spreads sending over time. A window that is refilled only when news of deliveries comes would
 * send a burst at each answer; the bursts stand in the queue, hold up the next answer, and grow.
 * So the total that may have been sent advances by a rate (RFC 9002 section 7.7 asks for the same).
 */
export class Pacer {
  #allowedBytes = 0
  #atMs = 0

  /** So much has been sent: what was not used before is not saved up. */
  sent(sentBytes: number, messageBytes: number): void {
    const most = sentBytes + BURST_MESSAGES * messageBytes
    this.#allowedBytes = Math.max(sentBytes, Math.min(this.#allowedBytes, most))
  }

  /** Total bytes that may have been sent by `atMs`, at most `mostBytes`. */
  allow(atMs: number, bytesPerMs: number, mostBytes: number): number {
    const elapsedMs = Math.max(0, Math.min(MAX_CATCH_UP_MS, atMs - this.#atMs))
    this.#atMs = atMs
    this.#allowedBytes = Math.min(this.#allowedBytes + bytesPerMs * elapsedMs, mostBytes)
    return this.#allowedBytes
  }
}
