import { LOST_LANES_GRACE_MS } from '../limits.ts'
import { AddressWatch } from './address-watch.ts'
import type { Session } from './session.ts'
import { SessionLanes } from './session-lanes.ts'

/**
 * A session that carries a transfer, and its lanes. The first lane ends first: after it the other
 * side sends nothing more. Closing a channel under a sender crashes its engine.
 */
export class SessionLink {
  readonly session: Session
  readonly lanes: SessionLanes
  readonly #watch: AddressWatch
  #timer: NodeJS.Timeout | undefined

  constructor(session: Session) {
    this.session = session
    this.lanes = new SessionLanes(session)
    const { connection } = session
    // Its lane then ends as it does when the other side has been silent for too long.
    this.#watch = new AddressWatch({ path: connection.path, onGone: () => connection.close() })
  }

  /**
   * Ends it in order, so that the last words of either side arrive; tells whether the other side has
   * confirmed that they did. Never throws.
   */
  async finish(timeoutMs: number): Promise<boolean> {
    const isConfirmed = await this.session.lane.finish(timeoutMs)
    this.close()
    return isConfirmed
  }

  /** Ends one that is lost. Its further lanes may still work, and the other side send over them. */
  giveUp(): void {
    this.#watch.close()
    this.session.lane.abandon()
    this.#timer ??= setTimeout(() => this.close(), LOST_LANES_GRACE_MS)
  }

  /** Closes at once what is still open. */
  close(): void {
    clearTimeout(this.#timer)
    this.#watch.close()
    this.lanes.close()
    this.session.close()
  }
}
