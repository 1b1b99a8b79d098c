import type { ShareError } from '../errors.ts'
import type { Lanes } from '../transfer/ports.ts'
import type { Session } from './session.ts'

/** One side of a transfer, as `transfer` makes it. */
export interface Transfer<Outcome> {
  readonly done: Promise<Outcome>
  /** Whether it can do without the other side from now on; of a side that has to be heard. */
  readonly hasAll?: boolean
  start(lanes: Lanes): void
  /** Goes on over the lanes of a new session, after `onLost`. */
  resume(lanes: Lanes): void
  /**
   * Says again over the lanes of a new session how it ended, once it has; of a side that has to be
   * heard. Settles when that is said or cannot be.
   */
  repeatEnd?(lanes: Lanes): Promise<void>
  fail(error: ShareError): void
}

/** What one side of a transfer tells whoever runs it. */
export interface TransferHooks {
  /** Its first lane is lost; it waits for `resume` or `fail`. */
  onLost: (error: ShareError) => void
  /** The receiver takes what is offered, so that data can flow. */
  onAccepted: () => void
}

/** Makes one side of a transfer for whoever is at the other end of `session`. */
export type BeginTransfer<Outcome> = (hooks: TransferHooks, session: Session) => Transfer<Outcome>
