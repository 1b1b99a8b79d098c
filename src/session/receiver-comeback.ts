import type { DiagnosticWatcher } from '../diagnostics.ts'
import { RESTARTED_SENDER_DELAY_MS } from '../limits.ts'
import type { Comeback, ComebackHandler } from './comeback.ts'
import type { ComebackPlaces } from './comeback-places.ts'
import { Lookout } from './lookout.ts'
import { markOf, type ResumePlace, resumePlace, withMark } from './resume-place.ts'
import type { Session } from './session.ts'

export interface ReceiverComebackInit {
  places: ComebackPlaces
  /** The share code's. */
  nameplate: string
  secret: string
  capabilities: Uint8Array
  onDiagnostic?: DiagnosticWatcher | undefined
}

/**
 * Looks for a sender that was lost, once it is, at the place that only the two know; and at the
 * nameplate of the code, where one that was started again would be, as soon as nothing comes any
 * more. A sender that lives is left alone there: it says that it holds the transfer.
 */
export class ReceiverComeback implements Comeback {
  readonly #init: ReceiverComebackInit
  readonly #leaving = new Set<Lookout>()
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

  quiet(isQuiet: boolean): void {
    if (isQuiet) this.#lookForRestarted(0)
    else if (!this.#resuming) this.#forgetRestarted('retire')
  }

  lost(): void {
    if (this.#place === undefined || this.#resuming) return
    const { places, capabilities } = this.#init
    const { mark: _, ...place } = this.#place
    const quiet = { onEvent: () => {}, onDiagnostic: this.#init.onDiagnostic }
    const resume = { ...place, capabilities, ...quiet, onPaired: () => this.#mayResume() }
    this.#resuming = new Lookout({
      open: (signal) => places.open(resume, true, signal),
      onSession: (session) => this.#onComeback('resumed', session),
    })
    this.#lookForRestarted(RESTARTED_SENDER_DELAY_MS)
  }

  found(): void {
    for (const lookout of this.#leaving) void lookout.close()
    if (this.#resuming) this.#leave(this.#resuming, 'close')
    this.#resuming = undefined
    this.#forgetRestarted('close')
  }

  async close(): Promise<void> {
    this.found()
    await Promise.all([...this.#leaving].map((lookout) => lookout.close()))
  }

  /**
   * The two places must not both lead to a session, since the sender would go on with one and we
   * with the other. Where somebody is at the place that only the two know, the sender lives.
   */
  #mayResume(): boolean {
    if (this.#restarting?.isEstablished) return false
    this.#forgetRestarted('close')
    return true
  }

  #lookForRestarted(delayMs: number): void {
    if (this.#place === undefined || this.#restarting || this.#isSpent) return
    const { places, nameplate, secret, capabilities } = this.#init
    const { mark } = this.#place
    const again = {
      nameplate,
      secret,
      onEvent: () => {},
      onDiagnostic: this.#init.onDiagnostic,
      capabilities: withMark(capabilities, 'lost', mark),
      // A sender that still has the transfer was not started again: it will be where we resume.
      onEstablished: (theirs: Uint8Array) => markOf(theirs, 'holds') !== mark,
    }
    this.#restarting = new Lookout({
      open: (signal) => places.open(again, true, signal),
      delayMs,
      onSession: (session) => this.#onComeback('restarted', session),
      onSpent: () => {
        this.#isSpent = true
      },
    })
  }

  #forgetRestarted(how: 'close' | 'retire'): void {
    if (this.#restarting) this.#leave(this.#restarting, how)
    this.#restarting = undefined
  }

  #leave(lookout: Lookout, how: 'close' | 'retire'): void {
    this.#leaving.add(lookout)
    void lookout[how]().finally(() => this.#leaving.delete(lookout))
  }
}
