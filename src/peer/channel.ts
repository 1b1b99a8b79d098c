import type { PathInfo } from '../events.ts'

/** An open, ordered, reliable message channel, as a lane needs it. */
export interface Channel {
  /** The largest message that both sides take, in bytes. */
  readonly maxMessageBytes: number
  /** What carries it, as far as it is known: the engine may change over to something better. */
  readonly path: Pick<PathInfo, 'path' | 'transport'>
  /** Bytes given to `send` that the engine has not taken up yet. Costs a hop between threads. */
  bufferedBytes(): number
  /** Queues one message; the bytes are copied before it returns. */
  send(message: Uint8Array): void
  /**
   * How many packets of any kind have come from the other end, the engine's own checks among
   * them: they go on while the association waits to send again, which can take half a minute.
   * Never rejects.
   */
  signsOfLife(): Promise<number>
  /** Names the one handler of arriving messages. */
  onMessage(handler: (message: Uint8Array) => void): void
  /** Names the one handler that is called when the channel is gone, at once if it is already. */
  onClose(handler: () => void): void
  /** Closes at once; what is still queued in the engine is lost. */
  close(): void
}
