import { MultiBar } from 'cli-progress'
import type { TransferEvent } from '../events.ts'
import { BAR_DELAY_MS, BAR_REDRAWS_PER_SECOND, STALL_NOTICE_MS } from '../limits.ts'
import { eventLine } from './event-line.ts'
import { type Progress, progressLine } from './progress-line.ts'
import { receiverLine, receiverOf, receiverPrefix } from './receiver-line.ts'
import type { Renderer, TransferView } from './renderer.ts'
import type { OutputStream, Style } from './terminal.ts'

const UNKNOWN_WIDTH = 80
const UNKNOWN_HEIGHT = 24
/** Lines of the terminal that the table leaves alone. */
const OTHER_LINES = 3

/** A receiver that is being served. */
interface Row {
  progress: Progress
  startedAt: number
  advancedAt: number
}

/**
 * For a terminal, with several receivers: lines, and below them a table, a line with a bar for each
 * receiver that is being served.
 */
export class ReceiversDisplay implements Renderer {
  readonly #stream: OutputStream
  readonly #view: TransferView
  readonly #style: Style
  readonly #now: () => number
  readonly #rows = new Map<number, Row>()
  #table: MultiBar | undefined
  /** Those whose lines are in the table, and how many there is no room for. */
  #shown: number[] = []

  constructor(stream: OutputStream, view: TransferView, style: Style, now = Date.now) {
    this.#stream = stream
    this.#view = view
    this.#style = style
    this.#now = now
  }

  onEvent(event: TransferEvent): void {
    const receiver = receiverOf(event)
    if (receiver === undefined) {
      const line = eventLine(event, this.#view, this.#style)
      if (line !== undefined) this.say(line)
      return
    }
    const line = receiverLine(event, this.#view, this.#style)
    const isOver = event.event === 'done' || event.event === 'error'
    if (isOver) this.#rows.delete(receiver)
    else this.#note(receiver, event)
    if (line !== undefined) this.say(`${receiverPrefix(receiver)}${line}`)
    else if (this.#isDue(receiver)) this.#redraw()
  }

  say(line: string): void {
    this.#hide()
    this.#stream.write(`${line}\n`)
    this.#show()
  }

  /** What breaks off leaves its last state behind. */
  close(): void {
    const isShown = this.#hide()
    if (!isShown) return
    for (const receiver of this.#shown) this.#stream.write(`${this.#line(receiver)}\n`)
    this.#rows.clear()
  }

  #note(receiver: number, event: TransferEvent): void {
    const now = this.#now()
    const row = this.#rows.get(receiver) ?? {
      progress: { bytes: 0, total: 0, bytesPerSecond: 0 },
      startedAt: now,
      advancedAt: now,
    }
    this.#rows.set(receiver, row)
    if (event.event === 'connected' || event.event === 'path') {
      row.progress = { ...row.progress, path: event }
    }
    if (event.event !== 'progress') return
    if (event.bytes > row.progress.bytes) row.advancedAt = now
    row.progress = { ...row.progress, ...event }
  }

  /** Whether `receiver` is to have a line, and has none. */
  #isDue(receiver: number): boolean {
    const row = this.#rows.get(receiver)
    if (row === undefined || this.#shown.includes(receiver)) return false
    return this.#now() - row.startedAt >= BAR_DELAY_MS && this.#shown.length < this.#room
  }

  get #room(): number {
    const rows: unknown = Reflect.get(this.#stream, 'rows')
    return Math.max(1, (typeof rows === 'number' && rows > 0 ? rows : UNKNOWN_HEIGHT) - OTHER_LINES)
  }

  #redraw(): void {
    this.#hide()
    this.#show()
  }

  #show(): void {
    const now = this.#now()
    const due = [...this.#rows].filter(([, { startedAt }]) => now - startedAt >= BAR_DELAY_MS)
    this.#shown = due.slice(0, this.#room).map(([receiver]) => receiver)
    if (this.#shown.length === 0) return
    this.#table = new MultiBar({
      stream: this.#stream,
      format: (_options, _params, payload: { receiver: number }) => this.#line(payload.receiver),
      fps: BAR_REDRAWS_PER_SECOND,
      clearOnComplete: true,
      // The terminal's settings are left alone, so nothing needs to be restored after a crash.
      linewrap: true,
      gracefulExit: false,
    })
    for (const receiver of this.#shown) this.#table.create(1, 0, { receiver })
  }

  /** Whether there was a table to hide. */
  #hide(): boolean {
    const table = this.#table
    this.#table = undefined
    table?.stop()
    return table !== undefined
  }

  #line(receiver: number): string {
    const row = this.#rows.get(receiver)
    if (row === undefined) return ''
    const { progress, advancedAt } = row
    const silentMs = this.#now() - advancedAt
    const stalled = silentMs >= STALL_NOTICE_MS ? { stalledMs: silentMs } : {}
    const label = `${String(receiver).padStart(3)} `
    const columns = this.#stream.columns || UNKNOWN_WIDTH
    return `${label}${progressLine({ ...progress, ...stalled }, columns - label.length)}`
  }
}
