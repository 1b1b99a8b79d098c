import { EARLY_BYTES, EARLY_REPORT_BYTES, REPORT_BYTES } from '../limits.ts'
import type { ArrivalReport } from './ports.ts'

/** Counts what has arrived on each lane, and says when it is time to report it. */
export class Arrivals {
  readonly #bytes = new Map<number, number>()
  #totalBytes = 0
  #unreportedBytes = 0

  /** A chunk came on `lane`, a payload of `bytes`; says whether a report is due without being asked. */
  add(lane: number, bytes: number): boolean {
    this.#bytes.set(lane, (this.#bytes.get(lane) ?? 0) + bytes)
    this.#totalBytes += bytes
    this.#unreportedBytes += bytes
    const isEarly = this.#totalBytes <= EARLY_BYTES
    return this.#unreportedBytes >= (isEarly ? EARLY_REPORT_BYTES : REPORT_BYTES)
  }

  /** A lane has ended: nothing more is to be said of it. */
  remove(lane: number): void {
    this.#bytes.delete(lane)
  }

  /** What there is to report now, as the answer to `probe` if there is one. */
  report(probe?: number): ArrivalReport {
    this.#unreportedBytes = 0
    return { probe, receivedBytes: new Map(this.#bytes) }
  }
}
