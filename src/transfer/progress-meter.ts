import type { PathInfo, TransferEvent } from '../events.ts'
import { PROGRESS_INTERVAL_MS } from '../limits.ts'

/** How far back the rate looks. */
const RATE_SPAN_MS = 3000

interface Sample {
  atMs: number
  bytes: number
}

export interface ProgressMeterInit {
  /** Null while not everything is counted. */
  totalBytes: () => number | null
  now: () => number
  /** The lanes that carried something since then. */
  carriers: (sinceMs: number) => readonly { transport: PathInfo['transport'] }[]
  onEvent: (event: TransferEvent) => void
}

/** Turns counts of written bytes into progress events, a few a second, with the recent rate. */
export class ProgressMeter {
  readonly #init: ProgressMeterInit
  #samples: Sample[]

  constructor(init: ProgressMeterInit) {
    this.#init = init
    this.#samples = [{ atMs: init.now(), bytes: 0 }]
  }

  /** So many bytes are written now. The last count is always told, others now and then. */
  update(bytes: number): void {
    const { now, carriers, onEvent } = this.#init
    const total = this.#init.totalBytes()
    const atMs = now()
    const last = this.#samples.at(-1)
    if (last && bytes !== total && atMs - last.atMs < PROGRESS_INTERVAL_MS) return
    this.#samples.push({ atMs, bytes })
    this.#samples = this.#samples.filter((sample) => atMs - sample.atMs <= RATE_SPAN_MS)
    const first = this.#samples[0] ?? { atMs, bytes }
    const seconds = Math.max(atMs - first.atMs, 1) / 1000
    const lanes = carriers(last?.atMs ?? atMs)
    onEvent({
      event: 'progress',
      bytes,
      total,
      bytesPerSecond: Math.round((bytes - first.bytes) / seconds),
      lanes: lanes.length,
      transports: [...new Set(lanes.map(({ transport }) => transport))].sort(),
    })
  }
}
