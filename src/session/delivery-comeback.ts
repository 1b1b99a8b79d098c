import type { DiagnosticWatcher } from '../diagnostics.ts'
import { CROWD_LOOKOUT_DELAY_MS, RECONNECT_ATTEMPT_MS } from '../limits.ts'
import type { Comeback, ComebackHandler } from './comeback.ts'
import type { Connectivity } from './connectivity.ts'
import { Lookout } from './lookout.ts'
import { Meeting } from './meeting.ts'
import { type ResumePlace, resumePlace } from './resume-place.ts'
import type { Session } from './session.ts'

export interface DeliveryComebackInit {
  /** The rendezvous server at which receivers come in. */
  url: string
  capabilities: Uint8Array
  connectivity: Connectivity
  onDiagnostic?: DiagnosticWatcher | undefined
  /** The connection is lost, or there again. */
  onChange: () => void
}

/**
 * Waits for one receiver of several to come back. One that still lives comes to the place that only
 * the two know; one that was started again comes through the door, like everybody else.
 */
export class DeliveryComeback implements Comeback {
  readonly #init: DeliveryComebackInit
  readonly #closing: Promise<void>[] = []
  #onComeback: ComebackHandler = () => {}
  #resuming: Lookout | undefined
  #isLost = false
  #place: ResumePlace | undefined

  constructor(init: DeliveryComebackInit) {
    this.#init = init
  }

  /** Whether the connection is lost, and nobody has taken over yet. */
  get isLost(): boolean {
    return this.#isLost
  }

  /** Where the receiver comes back, once that is known. */
  get place(): ResumePlace | undefined {
    return this.#place
  }

  /** Somebody who came through the door goes on in the place of the one who is lost. */
  takeOver(session: Session): void {
    this.#isLost = false
    this.#onComeback('restarted', session)
  }

  follow(session: Session, onComeback: ComebackHandler): void {
    const { url, capabilities, connectivity, onDiagnostic } = this.#init
    this.#onComeback = onComeback
    if (this.#resuming) this.#closing.push(this.#resuming.close())
    this.#place = resumePlace(session)
    const { nameplate, secret } = this.#place
    let last: Meeting | undefined
    this.#resuming = new Lookout({
      open: async (signal) => {
        const token = last?.token
        const connectTimeoutMs = RECONNECT_ATTEMPT_MS
        const place = { url, role: 'sender', nameplate, secret, token } as const
        const onEvent = () => {}
        const how = { capabilities, connectivity, connectTimeoutMs, onEvent, onDiagnostic, signal }
        last = await Meeting.open({ ...place, ...how })
        return last
      },
      delayMs: CROWD_LOOKOUT_DELAY_MS,
      onSession: (each) => this.#onComeback('resumed', each),
    })
    this.found()
  }

  /** The receiver may be on its way back. */
  hurry(): void {
    this.#resuming?.hurry()
  }

  lost(): void {
    this.#isLost = true
    this.hurry()
    this.#init.onChange()
  }

  found(): void {
    this.#isLost = false
    this.#init.onChange()
  }

  async close(): Promise<void> {
    this.#isLost = false
    await Promise.all([this.#resuming?.close(), ...this.#closing])
  }
}
