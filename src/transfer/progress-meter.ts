import type { TransferEvent } from '../events.ts'
import { PROGRESS_INTERVAL_MS } from '../limits.ts'

/** How far back the rate looks. */
const RATE_SPAN_MS = 3000

interface Sample {
  atMs: number
  bytes: number
}

/** Turns counts of written bytes into progress events, a few a second, with the recent rate. */
export class ProgressMeter {
  readonly #totalBytes: number
  readonly #now: () => number
  readonly #onEvent: (event: TransferEvent) => void
  #samples: Sample[]

  constructor(totalBytes: number, now: () => number, onEvent: (event: TransferEvent) => void) {
    this.#totalBytes = totalBytes
    this.#now = now
    this.#onEvent = onEvent
    this.#samples = [{ atMs: now(), bytes: 0 }]
  }

  /** So many bytes are written now. The last count is always told, others now and then. */
  update(bytes: number): void {
    const atMs = this.#now()
    const last = this.#samples.at(-1)
    const isLast = bytes === this.#totalBytes
    if (last && !isLast && atMs - last.atMs < PROGRESS_INTERVAL_MS) return
    this.#samples.push({ atMs, bytes })
    this.#samples = this.#samples.filter((sample) => atMs - sample.atMs <= RATE_SPAN_MS)
    const first = this.#samples[0] ?? { atMs, bytes }
    const seconds = Math.max(atMs - first.atMs, 1) / 1000
    const bytesPerSecond = Math.round((bytes - first.bytes) / seconds)
    this.#onEvent({ event: 'progress', bytes, total: this.#totalBytes, bytesPerSecond, lanes: 1 })
  }
}
