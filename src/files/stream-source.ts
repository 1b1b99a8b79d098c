import { Readable } from 'node:stream'
import { deferred } from '../deferred.ts'
import { abortReason, ShareError, throwIfAborted } from '../errors.ts'
import { printable } from '../printable.ts'
import type { Counted, Outgoing, OutgoingEntry } from './outgoing.ts'
import { assertGivenName } from './safe-name.ts'

export interface StreamSourceOptions {
  /** What the receiver is to call it. */
  readonly name: string
  readonly signal?: AbortSignal | undefined
}

/**
 * A stream, like standard input, that is sent as one file of unknown length. It is read once, as far
 * as is asked, and closed in the end. `totals` are known at its end, and `counted` has no bytes
 * before. Throws `usage` for a name that no receiver would take.
 */
export function streamSource(
  stream: AsyncIterable<Uint8Array>,
  { name, signal }: StreamSourceOptions,
): Outgoing & { readonly kind: 'file' } {
  assertGivenName(name)
  return new StreamSource(stream, name, signal)
}

class StreamSource implements Outgoing {
  readonly name: string
  readonly kind = 'file'
  readonly #totals = deferred<Counted>()
  readonly #stream: AsyncIterable<Uint8Array>
  readonly #chunks: AsyncIterator<Uint8Array>
  readonly #stop = new AbortController()
  readonly #signal: AbortSignal
  #counted: Counted = { files: 1, bytes: 0 }
  #isListed = false
  /** Where the next range begins that may be asked for. */
  #asked = 0
  #bytes = 0
  #isOver = false
  /** What the stream gave beyond what was asked for. */
  #rest: Uint8Array = new Uint8Array()
  /** Ends when all ranges asked for have been read; rejects for good when one could not be. */
  #reading: Promise<unknown> = Promise.resolve()

  constructor(stream: AsyncIterable<Uint8Array>, name: string, signal: AbortSignal | undefined) {
    this.name = name
    this.#stream = stream
    this.#chunks = stream[Symbol.asyncIterator]()
    this.#signal = signal ? AbortSignal.any([signal, this.#stop.signal]) : this.#stop.signal
  }

  get totals(): Promise<Counted> {
    return this.#totals.promise
  }

  get counted(): Counted {
    return this.#counted
  }

  async list(count: number): Promise<OutgoingEntry[]> {
    throwIfAborted(this.#signal)
    if (this.#isListed || count < 1) return []
    this.#isListed = true
    const modifiedMs = Date.now()
    return [{ path: this.name, kind: 'file', bytes: null, mode: 0o644, modifiedMs }]
  }

  /** Ranges are asked for in order, each once; the next may be before the last one has come. */
  async read(file: number, offset: number, buffer: Uint8Array): Promise<number> {
    assertOnly(file)
    if (offset !== this.#asked) {
      throw new TypeError(`a stream goes on at ${this.#asked}, it cannot be read from ${offset}`)
    }
    this.#asked += buffer.length
    const reading = this.#reading.then(() => this.#fill(buffer))
    this.#reading = reading
    reading.catch(() => {})
    return reading
  }

  async readWhole(): Promise<void> {
    throw new TypeError('a stream is no small file')
  }

  async finish(file: number): Promise<void> {
    assertOnly(file)
  }

  release(): void {}

  /** As long as nothing was read nothing is lost. */
  async restart(): Promise<void> {
    if (this.#asked > 0) {
      throw new ShareError('interrupted', 'What was read from the pipe cannot be read again', {
        hint: 'Run both commands again.',
      })
    }
    this.#isListed = false
  }

  async close(): Promise<void> {
    const reason = this.#signal.aborted
      ? abortReason(this.#signal)
      : new ShareError('cancelled', 'The transfer is over')
    this.#stop.abort(reason)
    this.#totals.reject(reason)
    await this.#reading.catch(() => undefined)
    if (this.#isOver) return
    // A stream that has nothing to give now would never answer `return`.
    if (this.#stream instanceof Readable) this.#stream.destroy()
    else void Promise.resolve(this.#chunks.return?.()).catch(() => undefined)
  }

  async #fill(buffer: Uint8Array): Promise<number> {
    let done = 0
    while (done < buffer.length) {
      if (this.#rest.length === 0 && !(await this.#more())) break
      const part = this.#rest.subarray(0, buffer.length - done)
      buffer.set(part, done)
      done += part.length
      this.#rest = this.#rest.subarray(part.length)
    }
    this.#bytes += done
    if (this.#isOver && this.#rest.length === 0) {
      this.#counted = { files: 1, bytes: this.#bytes }
      this.#totals.resolve(this.#counted)
    }
    return done
  }

  /** Waits for the next chunk; says whether there is one. */
  async #more(): Promise<boolean> {
    throwIfAborted(this.#signal)
    if (this.#isOver) return false
    const { done, value } = await this.#nextChunk()
    if (done) {
      this.#isOver = true
      return false
    }
    if (!(value instanceof Uint8Array)) {
      throw this.#failed(new ShareError('usage', 'The stream gives something else than bytes'))
    }
    this.#rest = value
    return true
  }

  async #nextChunk(): Promise<IteratorResult<Uint8Array, unknown>> {
    const aborted = deferred<never>()
    const onAbort = () => aborted.reject(abortReason(this.#signal))
    this.#signal.addEventListener('abort', onAbort, { once: true })
    try {
      return await Promise.race([this.#chunks.next(), aborted.promise])
    } catch (thrown) {
      if (this.#signal.aborted) throw abortReason(this.#signal)
      const why = thrown instanceof Error ? thrown.message : String(thrown)
      throw this.#failed(
        new ShareError('file-failed', `Could not read "${this.name}": ${printable(why)}`, {
          cause: thrown,
        }),
      )
    } finally {
      this.#signal.removeEventListener('abort', onAbort)
    }
  }

  #failed(error: ShareError): ShareError {
    this.#totals.reject(error)
    return error
  }
}

function assertOnly(file: number): void {
  if (file !== 0) throw new TypeError(`there is no file ${file} to read`)
}
