import { PassThrough, type Readable } from 'node:stream'
import { type Received, type ReceiveOptions, receive } from './receive.ts'

export interface ReceivingStream {
  /**
   * The bytes as they arrive, verified block by block, no faster than they are read. It ends when
   * everything has arrived, and fails with the ShareError of `done`. Whoever stops reading before
   * that cancels the transfer.
   */
  contents: Readable
  /** Settles when everything was read, or with the ShareError that prevented it. */
  done: Promise<Received>
}

/** Fetches the one file or text that `code` stands for as a stream. The failures are those of `receive`. */
export function receiveStream(
  code: string,
  options: Omit<ReceiveOptions, 'output' | 'existing' | 'update'> = {},
): ReceivingStream {
  const contents = new PassThrough()
  const done = receive(code, { ...options, output: contents })
  done.catch(() => {})
  return { contents, done }
}
