import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { ShareError, toShareError } from '../errors.ts'
import { printable } from '../printable.ts'
import type { ByteWriter } from './stream-sink.ts'

/** What Node says of a stream that was destroyed without an error, or that nobody iterates any more. */
const CLOSED = new Set<unknown>(['ERR_STREAM_DESTROYED', 'ERR_STREAM_PREMATURE_CLOSE', 'ABORT_ERR'])

/** A stream of somebody else's as the place that contents go to. */
export class WritableOutput implements ByteWriter {
  readonly #writable: Writable
  /** Ends the write under way: a stream that is destroyed in the middle of one may forget it. */
  #interrupt: (thrown: unknown) => void = () => {}

  constructor(writable: Writable) {
    this.#writable = writable
  }

  /**
   * Settles once the stream has taken a copy of `chunk` and may be given more. Throws `cancelled`
   * where it was destroyed without an error, `file-failed` where it has one.
   */
  async write(chunk: Uint8Array): Promise<void> {
    // The stream may keep it, and the memory of what was received is used again.
    const copy = Buffer.from(chunk)
    await new Promise<void>((resolve, reject) => {
      this.#interrupt = (thrown) => reject(this.#failure(thrown))
      this.#writable.write(copy, (error) => (error ? this.#interrupt(error) : resolve()))
    })
  }

  /**
   * Ends the stream after what `write` gives it, and destroys it where that fails. The signal that
   * `write` is handed is aborted with `signal`, and when the stream is closed before.
   */
  async fill<Result>(
    signal: AbortSignal | undefined,
    write: (writer: ByteWriter, signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const closing = new AbortController()
    const ended = finished(this.#writable, { readable: false })
    ended.catch((thrown) => {
      closing.abort(this.#failure(thrown))
      this.#interrupt(thrown)
    })
    const signals = signal ? [signal, closing.signal] : [closing.signal]
    try {
      const result = await write(this, AbortSignal.any(signals))
      this.#writable.end()
      await ended.catch((thrown) => Promise.reject(this.#failure(thrown)))
      return result
    } catch (thrown) {
      const error = toShareError(thrown)
      this.#writable.destroy(error)
      throw error
    }
  }

  #failure(thrown: unknown): ShareError {
    const why = this.#writable.errored ?? thrown
    if (why instanceof ShareError) return why
    if (why instanceof Error && 'code' in why && CLOSED.has(why.code)) {
      return new ShareError('cancelled', 'Whoever read the contents has stopped', { cause: why })
    }
    const message = why instanceof Error ? why.message : String(why)
    return new ShareError('file-failed', `The stream failed: ${printable(message)}`, { cause: why })
  }
}
