import { fstatSync, type Stats, write } from 'node:fs'
import { addAbortSignal, Readable } from 'node:stream'
import { promisify } from 'node:util'
import { abortReason, ShareError } from '../errors.ts'
import type { InputStream, OutputStream } from './terminal.ts'

/**
 * What comes on standard input, as it comes. Throws `file-failed` where it cannot be read, and why
 * `signal` was aborted, even while nothing comes.
 */
export async function* readInput(
  stdin: InputStream,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  if (stdin instanceof Readable) addAbortSignal(signal, stdin)
  // Node takes it for an input that is empty.
  if (statsOf(stdin)?.isDirectory()) {
    throw new ShareError('file-failed', 'Standard input is a directory', {
      hint: 'Name the directory to send it.',
    })
  }
  try {
    for await (const chunk of stdin) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk
  } catch (cause) {
    if (signal.aborted) throw abortReason(signal)
    throw new ShareError('file-failed', `Standard input cannot be read: ${messageOf(cause)}`, {
      hint: 'Look at the command before the pipe.',
      cause,
    })
  }
}

/** Standard output as the place that contents go to. */
export class ContentsOutput {
  readonly #stream: OutputStream
  /** Of a file: its stream in Node blocks, and takes a short write for a whole one. */
  readonly #descriptor: number | undefined
  #written: Promise<void> = Promise.resolve()

  constructor(stream: OutputStream) {
    this.#stream = stream
    this.#descriptor = fileDescriptor(stream)
  }

  /**
   * Settles once the reader has taken `chunk`, however long that takes; may be called before the
   * one before has settled. Throws `cancelled` where the reader is gone, `disk-full` or
   * `file-failed` for a file.
   */
  write(chunk: Uint8Array): Promise<void> {
    this.#written = this.#written.then(() => this.#write(chunk))
    this.#written.catch(() => {})
    return this.#written
  }

  async #write(chunk: Uint8Array): Promise<void> {
    try {
      if (this.#descriptor === undefined) await writeToStream(this.#stream, chunk)
      else await writeToFile(this.#descriptor, chunk)
    } catch (thrown) {
      throw outputError(thrown)
    }
  }
}

function fileDescriptor(stream: OutputStream): number | undefined {
  if (!('fd' in stream) || typeof stream.fd !== 'number') return undefined
  return statsOf(stream)?.isFile() ? stream.fd : undefined
}

function statsOf(stream: InputStream | OutputStream): Stats | undefined {
  return 'fd' in stream && typeof stream.fd === 'number' ? fstatSync(stream.fd) : undefined
}

function writeToStream(stream: OutputStream, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(chunk, (error) => (error ? reject(error) : resolve()))
  })
}

async function writeToFile(descriptor: number, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    const { bytesWritten } = await promisify(write)(descriptor, chunk, done, chunk.length - done)
    done += bytesWritten
  }
}

function outputError(thrown: unknown): ShareError {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
  if (code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED') {
    return new ShareError('cancelled', 'Whoever read standard output has ended', {
      hint: 'Look at the command behind the pipe.',
      cause: thrown,
    })
  }
  const isFull = code === 'ENOSPC' || code === 'EDQUOT'
  return new ShareError(
    isFull ? 'disk-full' : 'file-failed',
    `Standard output cannot be written: ${messageOf(thrown)}`,
    { cause: thrown },
  )
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
