import { ShareError, toShareError } from '../errors.ts'

/** Where bytes go, one chunk after the other. */
export interface ByteWriter {
  /** Settles when the chunk is taken and more may come. */
  write(chunk: Uint8Array): Promise<void>
}

interface StreamEntry {
  kind: 'file' | 'directory'
}

/**
 * A sink for one file that goes to a stream: what comes out of turn waits, so that everything is
 * written in order, and only what has been verified.
 */
export class StreamSink {
  readonly mayHave = false
  readonly #writer: ByteWriter
  readonly #waiting = new Map<number, () => void>()
  #end = 0
  #entries = 0
  #failure: ShareError | undefined

  constructor(writer: ByteWriter) {
    this.#writer = writer
  }

  /** Throws `file-failed` for anything but a single file. */
  async list(_first: number, entries: readonly StreamEntry[]): Promise<void> {
    this.#entries += entries.length
    if (this.#entries > 1 || entries.some(({ kind }) => kind !== 'file')) throw notOneFile()
  }

  async compare(): Promise<'skip' | AsyncIterable<Uint8Array>> {
    throw new TypeError('a stream has nothing to compare')
  }

  /** Throws what the writer throws, also when an earlier range met with it. */
  async write(_file: number, offset: number, parts: readonly Uint8Array[]): Promise<void> {
    if (offset > this.#end) await new Promise<void>((resolve) => this.#waiting.set(offset, resolve))
    if (this.#failure) throw this.#failure
    try {
      for (const part of parts) await this.#writer.write(part)
    } catch (thrown) {
      this.#failure = toShareError(thrown)
      this.#wake([...this.#waiting.keys()])
      throw this.#failure
    }
    this.#end = offset + parts.reduce((sum, { length }) => sum + length, 0)
    this.#wake([this.#end])
  }

  async writeWhole(files: readonly { file: number; content: Uint8Array }[]): Promise<void> {
    for (const { file, content } of files) {
      await this.write(file, 0, [content])
      await this.finish(file, content.length)
    }
  }

  /** Throws `integrity` unless exactly `bytes` were written. */
  async finish(_file: number, bytes: number): Promise<void> {
    if (bytes !== this.#end) throw new ShareError('integrity', 'Not all of the file arrived')
  }

  /** What is written is out already. */
  async publish(): Promise<void> {}

  #wake(offsets: readonly number[]): void {
    for (const offset of offsets) {
      this.#waiting.get(offset)?.()
      this.#waiting.delete(offset)
    }
  }
}

/** The refusal to put a directory, or several things, into a stream. */
export function notOneFile(): ShareError {
  return new ShareError('file-failed', 'Only a single file can go to standard output', {
    hint: 'Choose a directory with --output.',
  })
}
