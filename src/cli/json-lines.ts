import {
  type DoctorEvent,
  EVENT_SCHEMA_VERSION,
  type EventLine,
  type TransferEvent,
  type VerifyEvent,
} from '../events.ts'
import { isPrintable } from '../printable.ts'
import { LineBatch } from './line-batch.ts'
import type { Renderer } from './renderer.ts'
import type { OutputStream } from './terminal.ts'

/** For a program: every event as a line of JSON. */
export class JsonLines implements Renderer {
  readonly #batch: LineBatch
  /** Whoever stops a command twice does not wait for the end of the turn. */
  readonly #onExit = () => this.#batch.flush()

  constructor(stream: OutputStream) {
    this.#batch = new LineBatch(stream)
    process.on('exit', this.#onExit)
  }

  onEvent(event: TransferEvent): void {
    this.#batch.add(jsonLine(event, new Date()))
    // Files come by the thousand; somebody may wait for anything else.
    if (event.event !== 'file') this.#batch.flush()
  }

  say(): void {}

  close(): void {
    this.#batch.flush()
    process.off('exit', this.#onExit)
  }
}

/**
 * One line of `--json`. Characters that a terminal acts on are escaped, as JSON allows, so that
 * the values stay exact and the lines can be looked at.
 */
export function jsonLine(event: TransferEvent | VerifyEvent | DoctorEvent, time: Date): string {
  const line: EventLine = { v: EVENT_SCHEMA_VERSION, time: time.toISOString(), ...event }
  const escaped = JSON.stringify(line).replace(/[^ -~]/gu, (character) =>
    isPrintable(character) ? character : escapeUnits(character),
  )
  return `${escaped}\n`
}

function escapeUnits(character: string): string {
  return Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('')
}
