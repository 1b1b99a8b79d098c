import type { TransferEvent } from '../events.ts'
import { PlainLines } from './plain-lines.ts'
import { receiverLine, receiverOf, receiverPrefix } from './receiver-line.ts'
import type { Renderer, TransferView } from './renderer.ts'
import type { OutputStream, Style } from './terminal.ts'

/** For a log, with several receivers: the lines of each begin with its number. */
export class ReceiverLines implements Renderer {
  readonly #stream: OutputStream
  readonly #view: TransferView
  readonly #style: Style
  readonly #now: () => number
  readonly #all: PlainLines
  readonly #each = new Map<number, PlainLines>()

  constructor(stream: OutputStream, view: TransferView, style: Style, now = Date.now) {
    this.#stream = stream
    this.#view = view
    this.#style = style
    this.#now = now
    this.#all = new PlainLines(stream, view, style, now)
  }

  onEvent(event: TransferEvent): void {
    const receiver = receiverOf(event)
    if (receiver === undefined) {
      this.#all.onEvent(event)
      return
    }
    const lines = this.#linesOf(receiver)
    if (event.event === 'progress') {
      lines.onEvent(event)
      return
    }
    const line = receiverLine(event, this.#view, this.#style)
    if (line !== undefined) lines.say(line)
    if (event.event === 'done' || event.event === 'error') this.#each.delete(receiver)
  }

  say(line: string): void {
    this.#all.say(line)
  }

  close(): void {}

  #linesOf(receiver: number): PlainLines {
    const known = this.#each.get(receiver)
    if (known) return known
    const view = { ...this.#view, prefix: receiverPrefix(receiver) }
    const lines = new PlainLines(this.#stream, view, this.#style, this.#now)
    this.#each.set(receiver, lines)
    return lines
  }
}
