import { PassThrough, Writable } from 'node:stream'
import { readEnvironment } from '../../src/cli/environment.ts'
import type { CommandContext } from '../../src/cli/terminal.ts'

/** Collects what is written; a terminal where it has columns. */
export class FakeOutput extends Writable {
  readonly isTTY: boolean
  readonly writes: string[] = []
  columns: number

  constructor(columns?: number) {
    super({ decodeStrings: false })
    this.isTTY = columns !== undefined
    this.columns = columns ?? 0
  }

  override _write(chunk: unknown, _encoding: BufferEncoding, callback: () => void): void {
    this.writes.push(String(chunk))
    callback()
  }

  get text(): string {
    return this.writes.join('')
  }

  /** What is left to read: escape sequences gone, of each row only what was drawn last. */
  get rows(): string[] {
    const drawn = this.text.replace(/\u001b\[(1G|[0-2]?[JK]|0?G)/g, '\r')
    return drawn.split('\n').map((row) => row.split(/\r+/).findLast((part) => part !== '') ?? '')
  }
}

/** What a person types, with a record of the raw mode. */
export class FakeInput extends PassThrough {
  readonly isTTY: boolean
  isRaw = false

  constructor(isTTY = true) {
    super()
    this.isTTY = isTTY
  }

  setRawMode(raw: boolean): this {
    this.isRaw = raw
    return this
  }
}

export interface FakeContext extends CommandContext {
  stdin: FakeInput
  stdout: FakeOutput
  stderr: FakeOutput
  controller: AbortController
}

/** A command's surroundings, with a terminal of `columns` or without one. */
export function fakeContext(columns?: number): FakeContext {
  const controller = new AbortController()
  return {
    stdin: new FakeInput(columns !== undefined),
    stdout: new FakeOutput(columns),
    stderr: new FakeOutput(columns),
    environment: readEnvironment({ NO_COLOR: '1' }),
    signal: controller.signal,
    interrupt: () => controller.abort(),
    controller,
  }
}
