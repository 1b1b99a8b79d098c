import { MAX_LANE_FLIGHT_BYTES, MIN_SPEED_WINDOW_BYTES } from '../limits.ts'

const SECOND_MS = 1000

/** What was delivered when, and what follows from it. */
export class SendingRate {
  readonly #startMs: number
  readonly #samples: { atMs: number; bytes: number }[] = []
  #recent = 0

  constructor(startMs: number) {
    this.#startMs = startMs
  }

  delivered(bytes: number, atMs: number): void {
    this.#samples.push({ bytes, atMs })
  }

  get deliveredBytes(): number {
    return this.#samples.at(-1)?.bytes ?? 0
  }

  /**
   * How much may be under way: twice what the last second delivered, so that a fast line is filled
   * within a few round trips, and what a slow one still has to deliver in the end takes two seconds.
   */
  windowBytes(nowMs: number): number {
    while ((this.#samples[this.#recent]?.atMs ?? nowMs) < nowMs - SECOND_MS) this.#recent += 1
    const before = this.#samples[this.#recent - 1]?.bytes ?? 0
    const wanted = 2 * (this.deliveredBytes - before)
    return Math.min(Math.max(wanted, MIN_SPEED_WINDOW_BYTES), MAX_LANE_FLIGHT_BYTES)
  }

  /** Of the second half, where there is one: a connection starts slowly. */
  get bytesPerSecond(): number {
    const last = this.#samples.at(-1)
    if (last === undefined) return 0
    const middleMs = (this.#startMs + last.atMs) / 2
    const middle = this.#samples.find(({ atMs }) => atMs >= middleMs) ?? last
    const from = middle === last ? { atMs: this.#startMs, bytes: 0 } : middle
    const seconds = (last.atMs - from.atMs) / SECOND_MS
    return seconds > 0 ? (last.bytes - from.bytes) / seconds : 0
  }
}
