import type { TransferEvent } from '../events.ts'

/** Shows a transfer to whoever watches it. */
export interface Renderer {
  onEvent(event: TransferEvent): void
  /** A line for a person, in the modes that talk to one. */
  say(line: string): void
  /** Leaves the terminal at the beginning of a line; may be called again. */
  close(): void
}

/** What there is to know of the command that is watched. */
export interface TransferView {
  role: 'sender' | 'receiver'
  /** The rendezvous was chosen, so the other side must be told which. */
  namesRendezvous: boolean
  /** A prompt shows what is on offer, so no line needs to. */
  asks: boolean
  /** There may be several receivers, whose events are told apart. */
  isForSeveral?: boolean
  /** Stands before each line. */
  prefix?: string
}
