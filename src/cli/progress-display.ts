import { MultiBar } from 'cli-progress'
import type { TransferEvent } from '../events.ts'
import { BAR_DELAY_MS, BAR_REDRAWS_PER_SECOND, STALL_NOTICE_MS } from '../limits.ts'
import { eventLine } from './event-line.ts'
import { type Progress, progressLine } from './progress-line.ts'
import type { Renderer, TransferView } from './renderer.ts'
import type { OutputStream, Style } from './terminal.ts'
import { wrapped } from './wrapped.ts'

const UNKNOWN_WIDTH = 80
/** Of the ^C that the terminal writes behind the bar: it must not begin another row. */
const ECHO_WIDTH = 2

/**
 * For a terminal: lines, and below them a bar once a transfer takes long enough to want one.
 * A transfer that breaks off leaves its last state behind as a line.
 */
export class ProgressDisplay implements Renderer {
  readonly #stream: OutputStream
  readonly #view: TransferView
  readonly #style: Style
  readonly #now: () => number
  #progress: Progress = { bytes: 0, total: 0, bytesPerSecond: 0 }
  /** When the first progress was told, and when it last grew. */
  #startedAt: number | undefined
  #advancedAt = 0
  #bar: MultiBar | undefined

  constructor(stream: OutputStream, view: TransferView, style: Style, now = Date.now) {
    this.#stream = stream
    this.#view = view
    this.#style = style
    this.#now = now
  }

  onEvent(event: TransferEvent): void {
    if (event.event === 'progress') this.#onProgress(event)
    if (event.event === 'connected' || event.event === 'path') {
      this.#progress = { ...this.#progress, path: event }
    }
    // The line that says how it went makes the bar superfluous.
    if (event.event === 'done') this.#hideBar()
    const line = eventLine(event, this.#view, this.#style)
    if (line !== undefined) this.say(line)
  }

  say(line: string): void {
    const hidden = this.#hideBar()
    this.#stream.write(`${wrapped(line, this.#stream)}\n`)
    if (hidden) this.#showBar()
  }

  close(): void {
    if (this.#hideBar()) this.#stream.write(`${this.#line()}\n`)
  }

  #onProgress(event: TransferEvent & { event: 'progress' }): void {
    const now = this.#now()
    const first = this.#startedAt === undefined
    this.#startedAt ??= now
    if (first || event.bytes > this.#progress.bytes) this.#advancedAt = now
    this.#progress = { ...this.#progress, ...event }
    if (!this.#bar && now - this.#startedAt >= BAR_DELAY_MS) this.#showBar()
  }

  #showBar(): void {
    this.#bar = new MultiBar({
      stream: this.#stream,
      format: () => this.#line(),
      fps: BAR_REDRAWS_PER_SECOND,
      clearOnComplete: true,
      // The terminal's settings are left alone, so nothing needs to be restored after a crash.
      linewrap: true,
      gracefulExit: false,
    })
    this.#bar.create(this.#progress.total ?? 0, this.#progress.bytes)
  }

  /** Whether there was a bar to hide. */
  #hideBar(): boolean {
    const bar = this.#bar
    this.#bar = undefined
    bar?.stop()
    return bar !== undefined
  }

  #line(): string {
    const silentMs = this.#now() - this.#advancedAt
    const stalled = silentMs >= STALL_NOTICE_MS ? { stalledMs: silentMs } : {}
    const columns = this.#stream.columns || UNKNOWN_WIDTH
    return progressLine({ ...this.#progress, ...stalled }, columns - ECHO_WIDTH)
  }
}
