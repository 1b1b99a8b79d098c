import { deferred } from '../deferred.ts'
import type { DiagnosticWatcher } from '../diagnostics.ts'
import { abortReason, ShareError, throwIfAborted, toShareError } from '../errors.ts'
import type { TransferWatcher } from '../events.ts'
import type { RendezvousClient } from '../rendezvous/client.ts'
import type { IceServer } from '../rendezvous/ice-server.ts'
import type { Role } from '../secure/role.ts'
import type { Connectivity } from './connectivity.ts'
import { type Mailbox, openMailbox } from './open-mailbox.ts'
import { Pairing, type PairingInit } from './pairing.ts'
import type { Session } from './session.ts'

export interface MeetingInit {
  /** The rendezvous server, as `parseRendezvousAddress` gives it. */
  url: string
  role: Role
  /** One to ask for; the server gives one out where there is none. */
  nameplate?: string
  secret: string
  /** Of an earlier meeting at the same place, to have its side back at once. */
  token?: string | undefined
  /** How long one attempt to reach the rendezvous may take. */
  connectTimeoutMs?: number
  capabilities: Uint8Array
  connectivity: Connectivity
  onEvent: TransferWatcher
  onDiagnostic?: DiagnosticWatcher | undefined
  signal: AbortSignal
  /** Called when somebody is there; `false` leaves them, because of a meeting elsewhere. */
  onPaired?: () => boolean
  onEstablished?: PairingInit['onEstablished']
}

/**
 * A mailbox at a rendezvous where one side of a transfer waits for the other, the one that made the
 * code or the one that was given it. It goes on after somebody who left without a guess at the
 * secret, and ends with the first guess that is wrong: there is no second one.
 */
export class Meeting {
  readonly nameplate: string
  readonly #init: MeetingInit
  readonly #session = deferred<Session>()
  readonly #client: RendezvousClient
  readonly #onAbort = () => this.#fail(abortReason(this.#init.signal))
  #pairing: Pairing | undefined
  #isOver = false

  /** Opens the mailbox. Throws `no-rendezvous`, and what else `RendezvousClient.open` throws. */
  static async open(init: MeetingInit): Promise<Meeting> {
    const { url, onDiagnostic } = init
    throwIfAborted(init.signal)
    onDiagnostic?.({ diagnostic: 'server', url, state: 'asking' })
    try {
      const meeting = await Meeting.#open(init)
      onDiagnostic?.({ diagnostic: 'server', url, state: 'joined' })
      return meeting
    } catch (thrown) {
      const { code, message: reason } = toShareError(thrown)
      const state = code === 'no-rendezvous' ? 'unreachable' : 'refused'
      if (!init.signal.aborted) onDiagnostic?.({ diagnostic: 'server', url, state, reason })
      throw thrown
    }
  }

  static async #open(init: MeetingInit): Promise<Meeting> {
    const mailbox = await openMailbox(init)
    const meeting = new Meeting(init, mailbox)
    mailbox.watch({
      onPaired: ({ iceServers }) => meeting.#paired(iceServers),
      onMessage: (message) => meeting.#pairing?.receive(message),
      onPeerLeft: () => meeting.#peerLeft(),
      onCrowded: () => meeting.#crowded(),
      onLost: (error) => meeting.#lost(error),
    })
    return meeting
  }

  private constructor(init: MeetingInit, { client, nameplate }: Mailbox) {
    this.#init = init
    this.#client = client
    this.nameplate = nameplate
    init.signal.addEventListener('abort', this.#onAbort)
  }

  /** Settles with the session, or with why there will be none. */
  get session(): Promise<Session> {
    return this.#session.promise
  }

  /** Whether somebody is there who has proved to know the code. */
  get isEstablished(): boolean {
    return this.#pairing?.isEstablished ?? false
  }

  /** Whether the secret may have been guessed at: then it must not be used to meet anybody again. */
  get isSpent(): boolean {
    return this.#pairing?.isSpent ?? false
  }

  /** Gives a later meeting this one's side of the mailbox, should the server think it still here. */
  get token(): string | undefined {
    return this.#client.token
  }

  /** Gives the mailbox up; a session that came of it lives on. Never throws. */
  async close(): Promise<void> {
    this.#init.signal.removeEventListener('abort', this.#onAbort)
    this.#fail(new ShareError('cancelled', 'The meeting was given up'))
    await this.#client.close()
  }

  #paired(iceServers: readonly IceServer[]): void {
    if (this.#init.onPaired?.() === false) {
      void this.close()
      return
    }
    if (!this.#mayPair) return
    const pairing = new Pairing({
      ...this.#init,
      nameplate: this.nameplate,
      iceServers,
      send: (message) => this.#client.send(message),
    })
    this.#pairing = pairing
    pairing.session.then(
      (session) => {
        this.#isOver = true
        this.#session.resolve(session)
      },
      (error) => {
        if (this.#pairing !== pairing) return
        if (this.#init.role === 'sender' && pairing.isMistaken) this.#turnAway(error)
        else this.#end(error)
      },
    )
  }

  /** The code is still good for whoever it is meant for. */
  #turnAway({ message }: ShareError): void {
    this.#pairing = undefined
    this.#init.onEvent({ event: 'warning', message: `Somebody was turned away: ${message}` })
  }

  /** A server that pairs when it should not, or twice, gets no second guess of it. */
  get #mayPair(): boolean {
    if (this.#isOver || this.isSpent) return false
    return this.#init.role === 'sender' || !this.isEstablished
  }

  #peerLeft(): void {
    const pairing = this.#pairing
    if (pairing === undefined) return
    if (!pairing.isEstablished && !pairing.isSpent) this.#pairing = undefined
    pairing.peerLeft()
  }

  #crowded(): void {
    this.#init.onEvent({
      event: 'warning',
      message: 'Somebody else tried to use the code and was turned away',
    })
  }

  #lost(error: ShareError): void {
    const { url, onDiagnostic } = this.#init
    onDiagnostic?.({ diagnostic: 'server', url, state: 'lost', reason: error.message })
    if (!this.isEstablished) this.#fail(error)
  }

  #fail(error: ShareError): void {
    this.#pairing?.abandon(error)
    // What ended the pairing came first, though it may not have been told yet.
    this.#end(this.#pairing?.failure ?? error)
  }

  #end(error: ShareError): void {
    this.#isOver = true
    this.#session.reject(error)
  }
}
