import type { DiagnosticWatcher } from '../diagnostics.ts'
import type { TransferWatcher } from '../events.ts'
import { LOOKOUT_DELAY_MS } from '../limits.ts'
import type { Comeback, ComebackHandler } from './comeback.ts'
import type { ComebackPlaces } from './comeback-places.ts'
import { dismiss } from './dismiss.ts'
import { Lookout } from './lookout.ts'
import { markOf, type ResumePlace, resumePlace, withMark } from './resume-place.ts'
import type { Session } from './session.ts'

export interface SenderComebackInit {
  places: ComebackPlaces
  /** The share code's. */
  nameplate: string
  secret: string
  capabilities: Uint8Array
  onEvent: TransferWatcher
  onDiagnostic?: DiagnosticWatcher | undefined
}

/**
 * Waits for the receiver to come back, all the time that the transfer takes, because a receiver may
 * know sooner than we do that the connection is lost. One that still lives comes to the place that
 * only the two know, one that was started again to the nameplate of the code.
 */
export class SenderComeback implements Comeback {
  readonly #init: SenderComebackInit
  readonly #closing: Promise<void>[] = []
  #onComeback: ComebackHandler = () => {}
  #isLost = false
  #place: ResumePlace | undefined
  #resuming: Lookout | undefined
  #restarting: Lookout | undefined
  /** Somebody may have guessed at the code's secret; there is no second guess. */
  #isSpent = false

  constructor(init: SenderComebackInit) {
    this.#init = init
  }

  follow(session: Session, onComeback: ComebackHandler): void {
    this.#onComeback = onComeback
    this.#isLost = false
    this.#place = resumePlace(session)
    this.#waitToResume()
    if (this.#restarting === undefined) this.#waitForRestart()
  }

  lost(): void {
    this.#isLost = true
    if (this.#init.places.searches) {
      this.#waitAnew()
      return
    }
    this.#resuming?.hurry()
    this.#restarting?.hurry()
  }

  found(): void {
    const wasLost = this.#isLost
    this.#isLost = false
    if (wasLost && this.#init.places.searches) this.#waitAnew()
  }

  async close(): Promise<void> {
    await Promise.all([this.#resuming?.close(), this.#restarting?.close(), ...this.#closing])
  }

  #waitAnew(): void {
    this.#waitToResume()
    this.#waitForRestart()
  }

  #waitToResume(): void {
    this.#give(this.#resuming)
    if (this.#place === undefined) return
    const { places, capabilities } = this.#init
    const { nameplate, secret } = this.#place
    const watchers = { onEvent: () => {}, onDiagnostic: this.#init.onDiagnostic }
    const place = { nameplate, secret, capabilities, ...watchers }
    this.#resuming = new Lookout({
      open: (signal) => places.open(place, this.#isLost, signal),
      ...this.#delay,
      onSession: (each) => this.#onComeback('resumed', each),
    })
  }

  #waitForRestart(): void {
    this.#give(this.#restarting)
    if (this.#isSpent) return
    const { places, nameplate, secret, capabilities, onEvent, onDiagnostic } = this.#init
    this.#restarting = new Lookout({
      open: (signal) => {
        const marked = withMark(capabilities, 'holds', this.#place?.mark ?? '')
        const watchers = { onEvent, onDiagnostic, onEstablished: this.#isWanted }
        const place = { nameplate, secret, capabilities: marked, ...watchers }
        return places.open(place, this.#isLost, signal)
      },
      ...this.#delay,
      onSession: (each) => this.#greet(each),
      onSpent: () => {
        this.#isSpent = true
        onEvent({ event: 'warning', message: BURNED })
      },
    })
  }

  /** Whoever was met is still about to leave the place; whoever is lost is not there any more. */
  get #delay(): { delayMs?: number } {
    return this.#isLost ? {} : { delayMs: LOOKOUT_DELAY_MS }
  }

  #give(lookout: Lookout | undefined): void {
    if (lookout) this.#closing.push(lookout.close())
  }

  /** Not a receiver that lives and has lost this transfer: it can go on with it elsewhere. */
  readonly #isWanted = (capabilities: Uint8Array) =>
    this.#place === undefined || markOf(capabilities, 'lost') !== this.#place.mark

  /**
   * Lets somebody in who has the code. Not one that has lost another transfer while the connection
   * is there: two receivers that take turns would go on for ever.
   */
  #greet(session: Session): void {
    const lost = markOf(session.peerCapabilities, 'lost')
    if (lost !== undefined && !this.#isLost) this.#closing.push(dismiss(session))
    else this.#onComeback('restarted', session)
  }
}

const BURNED =
  'Somebody used a wrong code, so that it is used up: who is started again cannot come back with it'
