import type { DiagnosticWatcher } from '../diagnostics.ts'
import type { TransferWatcher } from '../events.ts'
import { LOOKOUT_DELAY_MS, RECONNECT_ATTEMPT_MS } from '../limits.ts'
import { type Comeback, type ComebackHandler, markOf, resumePlace, withMark } from './comeback.ts'
import type { Connectivity } from './connectivity.ts'
import { dismiss } from './dismiss.ts'
import { Lookout } from './lookout.ts'
import { Meeting } from './meeting.ts'
import type { PairingInit, Session } from './pairing.ts'

export interface SenderComebackInit {
  /** The rendezvous server at which the receiver was met. */
  url: string
  /** The share code's; the server is asked for the same nameplate again. */
  nameplate: string
  secret: string
  /** Of the meeting with the receiver, whose place at the server is taken over. */
  token: string | undefined
  capabilities: Uint8Array
  connectivity: Connectivity
  /** Tells the local network which nameplates are here, where the server is ours. */
  announce: (...nameplates: readonly string[]) => void
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
  #mark = ''
  #resuming: Lookout | undefined
  #restarting: Lookout | undefined

  constructor(init: SenderComebackInit) {
    this.#init = init
  }

  follow(session: Session, onComeback: ComebackHandler): void {
    const { nameplate, secret, token, capabilities, announce, onEvent } = this.#init
    this.#onComeback = onComeback
    this.#isLost = false
    if (this.#resuming) this.#closing.push(this.#resuming.close())
    const place = resumePlace(session)
    this.#mark = place.mark
    const openResumePlace = this.#mailbox({ ...place, onEvent: () => {} }, () => capabilities)
    this.#resuming = new Lookout({
      open: (signal) => {
        announce(nameplate, place.nameplate)
        return openResumePlace(signal)
      },
      delayMs: LOOKOUT_DELAY_MS,
      onSession: (each) => this.#onComeback('resumed', each),
    })
    this.#restarting ??= new Lookout({
      open: this.#mailbox(
        { nameplate, secret, token, onEvent, onEstablished: this.#isWanted },
        () => withMark(capabilities, 'holds', this.#mark),
      ),
      delayMs: LOOKOUT_DELAY_MS,
      onSession: (each) => this.#greet(each),
      onSpent: () => onEvent({ event: 'warning', message: BURNED }),
    })
  }

  lost(): void {
    this.#isLost = true
    this.#resuming?.hurry()
    this.#restarting?.hurry()
  }

  found(): void {
    this.#isLost = false
  }

  async close(): Promise<void> {
    await Promise.all([this.#resuming?.close(), this.#restarting?.close(), ...this.#closing])
  }

  /** Not a receiver that lives and has lost this transfer: it can go on with it elsewhere. */
  readonly #isWanted = (capabilities: Uint8Array) => markOf(capabilities, 'lost') !== this.#mark

  /**
   * Lets somebody in who has the code. Not one that has lost another transfer while the connection
   * is there: two receivers that take turns would go on for ever.
   */
  #greet(session: Session): void {
    const lost = markOf(session.peerCapabilities, 'lost')
    if (lost !== undefined && !this.#isLost) this.#closing.push(dismiss(session))
    else this.#onComeback('restarted', session)
  }

  #mailbox(
    place: Pick<SenderComebackInit, 'nameplate' | 'secret' | 'onEvent'> & {
      token?: string | undefined
      onEstablished?: PairingInit['onEstablished']
    },
    capabilities: () => Uint8Array,
  ) {
    const { url, connectivity, onDiagnostic } = this.#init
    let last: { token: string | undefined } = { token: place.token }
    return async (signal: AbortSignal): Promise<Meeting> => {
      const meeting = await Meeting.open({
        ...place,
        url,
        role: 'sender',
        token: last.token,
        capabilities: capabilities(),
        connectivity,
        connectTimeoutMs: RECONNECT_ATTEMPT_MS,
        onDiagnostic,
        signal,
      })
      last = meeting
      return meeting
    }
  }
}

const BURNED =
  'Somebody used a wrong code, so that it is used up: who is started again cannot come back with it'
