import { MAX_LINE_BATCH_CHARACTERS } from '../limits.ts'
import type { OutputStream } from './terminal.ts'

/** Lines for a stream: those that come in one turn of the event loop are written together. */
export class LineBatch {
  readonly #stream: OutputStream
  #text = ''
  #turn: NodeJS.Immediate | undefined

  constructor(stream: OutputStream) {
    this.#stream = stream
  }

  /** Takes a line with its end. It is written when this turn is over, or when there are many. */
  add(line: string): void {
    this.#text += line
    if (this.#text.length >= MAX_LINE_BATCH_CHARACTERS) this.flush()
    else this.#turn ??= setImmediate(() => this.flush())
  }

  /** Writes what there is. */
  flush(): void {
    clearImmediate(this.#turn)
    this.#turn = undefined
    const text = this.#text
    this.#text = ''
    if (text !== '') this.#stream.write(text)
  }
}
