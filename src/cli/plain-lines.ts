import type { TransferEvent } from '../events.ts'
import { LOG_INTERVAL_MS, LOG_PERCENT, MIN_LOG_INTERVAL_MS } from '../limits.ts'
import { eventLine } from './event-line.ts'
import { formatAmount, formatBytes, formatDuration, formatRate, percent } from './format.ts'
import { secondsLeft } from './progress-line.ts'
import type { Renderer, TransferView } from './renderer.ts'
import type { OutputStream, Style } from './terminal.ts'

/** For a log: whole lines, of progress only one now and then. */
export class PlainLines implements Renderer {
  readonly #stream: OutputStream
  readonly #view: TransferView
  readonly #style: Style
  readonly #now: () => number
  #toldAt: number | undefined
  #toldPercent = 0

  constructor(stream: OutputStream, view: TransferView, style: Style, now = Date.now) {
    this.#stream = stream
    this.#view = view
    this.#style = style
    this.#now = now
  }

  onEvent(event: TransferEvent): void {
    if (event.event === 'progress') this.#onProgress(event)
    const line = eventLine(event, this.#view, this.#style)
    if (line !== undefined) this.say(line)
  }

  say(line: string): void {
    this.#stream.write(`${this.#view.prefix ?? ''}${line}\n`)
  }

  close(): void {}

  #onProgress(progress: TransferEvent & { event: 'progress' }): void {
    const { bytes, total, bytesPerSecond } = progress
    const share = total === null ? 0 : percent(bytes, total)
    const now = this.#now()
    // What is there at the beginning is no progress of this run.
    if (this.#toldAt === undefined) {
      this.#told(now, share)
      return
    }
    const passedMs = now - this.#toldAt
    const grown = share - this.#toldPercent
    if (passedMs < MIN_LOG_INTERVAL_MS) return
    if (passedMs < LOG_INTERVAL_MS && grown < LOG_PERCENT) return
    this.#told(now, share)
    if (total === null) {
      this.say(`${formatBytes(bytes)}, ${formatRate(bytesPerSecond)}`)
      return
    }
    const seconds = secondsLeft(progress)
    const left = seconds === undefined ? '' : `, ${formatDuration(seconds)} left`
    const size = formatAmount(bytes, total)
    this.say(`${share}%, ${size}, ${formatRate(bytesPerSecond)}${left}`)
  }

  #told(now: number, share: number): void {
    this.#toldAt = now
    this.#toldPercent = share
  }
}
