import { RECONNECT_ATTEMPT_MS, RESTARTED_SENDER_DELAY_MS } from '../limits.ts'
import {
  type Comeback,
  type ComebackHandler,
  markOf,
  type ResumePlace,
  resumePlace,
  withMark,
} from './comeback.ts'
import { Lookout } from './lookout.ts'
import { type Session, shutSession } from './pairing.ts'
import { Search, type SearchInit } from './search.ts'

export interface ReceiverComebackInit {
  /** The one server that was asked for the sender; this machine and its network were searched where there is none. */
  url: string | undefined
  /** The server at which the sender was met. */
  metAt: string | undefined
  /** The share code's. */
  nameplate: string
  secret: string
  capabilities: Uint8Array
}

/**
 * Looks for a sender that was lost, once it is: at the place that only the two know, and after a
 * while also at the nameplate of the code, where one that was started again would be.
 */
export class ReceiverComeback implements Comeback {
  readonly #init: ReceiverComebackInit
  readonly #closing: Promise<void>[] = []
  #onComeback: ComebackHandler = () => {}
  #place: ResumePlace | undefined
  #resuming: Lookout | undefined
  #restarting: Lookout | undefined
  /** Somebody may have guessed at the code's secret; there is no second guess. */
  #isSpent = false

  constructor(init: ReceiverComebackInit) {
    this.#init = init
  }

  follow(session: Session, onComeback: ComebackHandler): void {
    this.#place = resumePlace(session)
    this.#onComeback = onComeback
    this.found()
  }

  lost(): void {
    if (this.#place === undefined || this.#resuming) return
    const { nameplate, secret, capabilities } = this.#init
    const { mark, ...place } = this.#place
    const resume = { ...place, capabilities, onPaired: () => this.#mayResume() }
    this.#resuming = new Lookout({
      open: (signal) => this.#search(resume, signal),
      onSession: (session) => this.#onComeback('resumed', session),
    })
    if (this.#isSpent) return
    const again = { nameplate, secret, capabilities: withMark(capabilities, 'lost', mark) }
    this.#restarting = new Lookout({
      open: (signal) => this.#search(again, signal),
      delayMs: RESTARTED_SENDER_DELAY_MS,
      onSession: (session) => {
        // A sender that still has the transfer was not started again: it will be where we resume.
        if (markOf(session, 'holds') === mark) shutSession(session)
        else this.#onComeback('restarted', session)
      },
      onSpent: () => {
        this.#isSpent = true
      },
    })
  }

  found(): void {
    this.#give(this.#resuming)
    this.#give(this.#restarting)
    this.#resuming = undefined
    this.#restarting = undefined
  }

  async close(): Promise<void> {
    this.found()
    await Promise.all(this.#closing)
  }

  /**
   * The two places must not both lead to a session, since the sender would go on with one and we
   * with the other. Where somebody is at the place that only the two know, the sender lives.
   */
  #mayResume(): boolean {
    if (this.#restarting?.isEstablished) return false
    this.#give(this.#restarting)
    this.#restarting = undefined
    return true
  }

  #give(lookout: Lookout | undefined): void {
    if (lookout) this.#closing.push(lookout.close())
  }

  #search(
    what: Pick<SearchInit, 'nameplate' | 'secret' | 'capabilities' | 'onPaired'>,
    signal: AbortSignal,
  ): Search {
    const { url, metAt } = this.#init
    // Without TLS the server is the sender's own, as a rule, whose address may be another by now.
    const isNearby = url === undefined || url.startsWith('http:')
    return new Search({
      ...what,
      ...(isNearby ? { known: metAt ?? url } : { url }),
      connectTimeoutMs: RECONNECT_ATTEMPT_MS,
      onEvent: () => {},
      signal,
    })
  }
}
