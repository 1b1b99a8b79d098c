import { deferred } from '../deferred.ts'
import type { DiagnosticWatcher } from '../diagnostics.ts'
import { ShareError } from '../errors.ts'
import { RENDEZVOUS_CLOSE_TIMEOUT_MS } from '../limits.ts'
import type { RendezvousClient } from '../rendezvous/client.ts'
import type { IceServer } from '../rendezvous/ice-server.ts'
import { encodeWrongCode } from '../secure/handshake-message.ts'
import type { Connectivity } from './connectivity.ts'
import { type Mailbox, openMailbox } from './open-mailbox.ts'
import { Pairing, type PairingInit } from './pairing.ts'
import type { Session } from './session.ts'

export interface DoorwayInit {
  /** The rendezvous server, as `parseRendezvousAddress` gives it. */
  url: string
  /** One to ask for; the server gives one out where there is none. */
  nameplate: string | undefined
  secret: string
  /** Of an earlier doorway at the same place, to have its side back at once. */
  token: string | undefined
  connectTimeoutMs?: number
  capabilities: Uint8Array
  connectivity: Connectivity
  answer?: PairingInit['answer']
  onEstablished?: PairingInit['onEstablished']
  /** Takes each session as it is made; `false` lets nobody else in after it. */
  onSession: (session: Session) => boolean
  onDiagnostic?: DiagnosticWatcher | undefined
  signal: AbortSignal
}

/**
 * A mailbox at a rendezvous where a sender meets one receiver after the other. A wrong guess at the
 * secret is the end of it: whoever comes later is told that the code is used up.
 */
export class Doorway {
  readonly nameplate: string
  readonly #init: DoorwayInit
  readonly #client: RendezvousClient
  readonly #over = deferred()
  #isOver = false
  #isBurned = false
  /** With whom a session is being made; one at a time, so that `onSession` can count them. */
  #pairing: Pairing | undefined
  /** Somebody is there whose turn has not begun. */
  #newcomer: readonly IceServer[] | undefined
  /** Counts those who came and went: what one pairing has to say is not for the next. */
  #turn = 0
  #hear: (message: Uint8Array) => void = () => {}

  /** Opens the mailbox. Throws `no-rendezvous`, and what else `RendezvousClient.open` throws. */
  static async open(init: DoorwayInit): Promise<Doorway> {
    const mailbox = await openMailbox({ ...init, role: 'sender', many: true })
    const doorway = new Doorway(init, mailbox)
    mailbox.watch({
      onPaired: ({ iceServers }) => doorway.#paired(iceServers),
      onMessage: (message) => doorway.#hear(message),
      onPeerLeft: () => doorway.#peerLeft(),
      onCrowded: () => {},
      onLost: () => doorway.#lost(),
    })
    return doorway
  }

  private constructor(init: DoorwayInit, { client, nameplate }: Mailbox) {
    this.#init = init
    this.#client = client
    this.nameplate = nameplate
  }

  /** Settles when nobody more is let in here. */
  get over(): Promise<void> {
    return this.#over.promise
  }

  /** Whether the secret may have been guessed at: then it must not be used to meet anybody again. */
  get isBurned(): boolean {
    return this.#isBurned || (this.#pairing?.isSpent ?? false)
  }

  /** Whether somebody is being connected who has proved to know the secret. */
  get isBusy(): boolean {
    return this.#pairing?.isEstablished ?? false
  }

  /** Gives a later doorway this one's side of the mailbox. */
  get token(): string | undefined {
    return this.#client.token
  }

  /** Gives the mailbox up; sessions that came of it live on. Never throws. */
  async close(): Promise<void> {
    this.#end()
    this.#pairing?.abandon(new ShareError('cancelled', 'Nobody is let in any more'))
    await this.#client.close()
  }

  #end(): void {
    this.#isOver = true
    this.#over.resolve()
  }

  #paired(iceServers: readonly IceServer[]): void {
    this.#turn += 1
    this.#newcomer = iceServers
    this.#begin()
  }

  #begin(): void {
    const iceServers = this.#newcomer
    if (iceServers === undefined || this.#pairing !== undefined) return
    this.#newcomer = undefined
    if (this.#isBurned) {
      this.#client.send(encodeWrongCode())
      this.#client.next()
      return
    }
    // Whoever is there has heard nothing, and waits on.
    if (this.#isOver) return
    const turn = this.#turn
    const pairing = new Pairing({
      ...this.#init,
      role: 'sender',
      nameplate: this.nameplate,
      iceServers,
      send: (message) => {
        if (turn === this.#turn) this.#client.send(message)
      },
    })
    this.#pairing = pairing
    // Another who is there already has nothing to say before its turn.
    this.#hear = (message) => {
      if (turn === this.#turn) pairing.receive(message)
    }
    pairing.session.then(
      (session) => this.#letIn(session, turn),
      () => this.#refused(pairing, turn),
    )
  }

  #letIn(session: Session, turn: number): void {
    this.#pairing = undefined
    if (!this.#init.onSession(session)) {
      this.#end()
      return
    }
    this.#letGo(turn)
    this.#begin()
  }

  #refused(pairing: Pairing, turn: number): void {
    this.#pairing = undefined
    if (pairing.isSpent) {
      this.#isBurned = true
      this.#end()
    }
    // The other side hears why, and goes by itself.
    setTimeout(() => this.#letGo(turn), RENDEZVOUS_CLOSE_TIMEOUT_MS).unref()
    this.#begin()
  }

  /** Lets the one whose turn it was go, unless it went by itself. */
  #letGo(turn: number): void {
    if (turn !== this.#turn) return
    this.#turn += 1
    this.#client.next()
  }

  #peerLeft(): void {
    this.#turn += 1
    // It may be the next one, whose turn has not begun, while the one before is being connected.
    if (this.#newcomer !== undefined) this.#newcomer = undefined
    else this.#pairing?.peerLeft()
  }

  #lost(): void {
    this.#end()
    if (this.#pairing?.isEstablished === false) {
      this.#pairing.abandon(new ShareError('interrupted', 'The rendezvous was lost'))
    }
  }
}
