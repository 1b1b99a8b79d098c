import { setTimeout as pause } from 'node:timers/promises'
import { deferred } from '../deferred.ts'
import type { DiagnosticWatcher } from '../diagnostics.ts'
import { ShareError, toShareError } from '../errors.ts'
import { FACTS_TIMEOUT_MS, HANDSHAKE_TIMEOUT_MS, PEER_LEFT_GRACE_MS } from '../limits.ts'
import { Connection } from '../peer/connection.ts'
import type { SearchFacts } from '../peer/path-search.ts'
import type { ProbeChannel } from '../peer/probe-channel.ts'
import type { IceServer } from '../rendezvous/ice-server.ts'
import type { Role } from '../secure/role.ts'
import { SecureSession } from '../secure/secure-session.ts'
import { assertSamePurpose, namedCapabilities } from '../transfer/capabilities.ts'
import { type Connectivity, offers } from './connectivity.ts'
import { explainNoPath } from './explain-no-path.ts'
import { type AgreedPaths, agreeOnPaths, decodeHello, encodeHello, type Hello } from './hello.ts'
import { openLane } from './open-lane.ts'
import { decodeFacts, encodeFacts } from './path-facts.ts'
import type { Session } from './session.ts'

export interface PairingInit {
  /** Where the two have met. */
  url: string
  role: Role
  nameplate: string
  /** The secret part of the share code. */
  secret: string
  capabilities: Uint8Array
  /** Of a sender: what it says to a receiver that says this, in the place of `capabilities`. */
  answer?: ((peerCapabilities: Uint8Array) => Uint8Array) | undefined
  /** Of the rendezvous. */
  iceServers: readonly IceServer[]
  connectivity: Connectivity
  /** Puts a message on the way to the other side. */
  send: (message: Uint8Array) => void
  /** Called when the other side has proved that it knows the secret; `false` leaves it. */
  onEstablished?: ((peerCapabilities: Uint8Array) => boolean) | undefined
  onDiagnostic?: DiagnosticWatcher | undefined
}

interface FirstConnection {
  connection: Connection
  probes: ProbeChannel
}

/** The number of the lane that the rendezvous helps to make. */
const FIRST_LANE = 0

/**
 * One meeting with somebody at the rendezvous, from the first message to the first lane: the
 * secure session first, then under it the connection. The receiver of the file makes the offer.
 */
export class Pairing {
  readonly #init: PairingInit
  readonly #session = deferred<Session>()
  readonly #secure: SecureSession
  readonly #timer: NodeJS.Timeout
  readonly #stop = new AbortController()
  readonly #iceServers: readonly IceServer[]
  readonly #hello: Hello
  /** What the connection has to say before it is clear that it may be made. */
  #held: Uint8Array[] = []
  #first: FirstConnection | undefined
  #paths: AgreedPaths | undefined
  #isProved = false
  #isMistaken = false
  #hasSaidFacts = false
  #heard = false
  #refused = false
  #over = false
  #failure: ShareError | undefined

  constructor(init: PairingInit) {
    this.#init = init
    const { only, iceServers = init.iceServers } = init.connectivity
    this.#iceServers = iceServers
    const [stun, relay] = [offers('stun', iceServers), offers('relay', iceServers)]
    this.#hello = { only, stun, relay }
    const iceUrls = iceServers.flatMap(({ urls }) => urls)
    init.onDiagnostic?.({ diagnostic: 'met', url: init.url, iceServers: iceUrls })
    this.#timer = setTimeout(() => this.#fail(unanswered()), HANDSHAKE_TIMEOUT_MS)
    this.#secure = new SecureSession({
      role: init.role,
      nameplate: init.nameplate,
      secret: new TextEncoder().encode(init.secret),
      capabilities: init.capabilities,
      answer: init.answer,
    })
    this.#post(this.#secure.start())
    // It looks for its addresses meanwhile.
    if (init.role === 'receiver') this.#first = this.#connect(only)
  }

  /** Settles with the session, or with why there is none. */
  get session(): Promise<Session> {
    return this.#session.promise
  }

  /** Whether the other side has proved that it knows the code. */
  get isEstablished(): boolean {
    return this.#secure.established
  }

  /** Why there will be no session, once that is so. */
  get failure(): ShareError | undefined {
    return this.#failure
  }

  /** Whether somebody who knows the code wanted something else with it: nobody else is to blame. */
  get isMistaken(): boolean {
    return this.#isMistaken
  }

  /**
   * Whether the secret may have been guessed at, and not rightly: then it is good for nobody else.
   * A sender is shown a confirmation before it says anything that a guess could be checked by; a
   * receiver confirms first, so that whoever has its confirmation had a guess, right or wrong.
   */
  get isSpent(): boolean {
    return !this.isEstablished && (this.#refused || this.#secure.hasConfirmed)
  }

  /** Takes a message from the other side. */
  receive(message: Uint8Array): void {
    if (this.#over) return
    if (!this.#heard) this.#init.onDiagnostic?.({ diagnostic: 'code', stage: 'answered' })
    this.#heard = true
    try {
      const { outgoing, delivered } = this.#secure.receive(message)
      this.#post(outgoing)
      // Meanwhile the other side is at work.
      setImmediate(() => {
        if (!this.#over) this.#secure.workAhead()
      })
      if (this.#secure.established && !this.#isProved) this.#proved()
      for (const plaintext of delivered) if (!this.#over) this.#deliver(plaintext)
    } catch (thrown) {
      this.#refused = true
      const farewell = this.#secure.farewell
      if (farewell) this.#post([farewell])
      const error = toShareError(thrown)
      const { message: reason } = error
      this.#init.onDiagnostic?.({ diagnostic: 'code', stage: 'failed', reason })
      this.#fail(error)
    }
  }

  /** The other side has left the rendezvous, which it may do as soon as its lane is open. */
  peerLeft(): void {
    const gone = new ShareError('interrupted', 'The other side left before it was connected')
    if (this.isEstablished) setTimeout(() => this.#fail(gone), PEER_LEFT_GRACE_MS).unref()
    else this.#fail(gone)
  }

  /** Gives up, unless there is a session already. */
  abandon(error: ShareError): void {
    this.#fail(error)
  }

  #connect(only: AgreedPaths['only']): FirstConnection {
    const { onDiagnostic } = this.#init
    const opening = { transport: 'any', state: 'opening' } as const
    onDiagnostic?.({ diagnostic: 'lane', lane: FIRST_LANE, ...opening })
    const connection = new Connection({
      lane: FIRST_LANE,
      onDiagnostic,
      initiator: this.#init.role === 'receiver',
      iceServers: this.#iceServers,
      only,
      onSignal: (signal) => {
        if (connection !== this.#first?.connection || this.#paths === undefined) {
          this.#held.push(signal)
        } else this.#submit(signal)
      },
    })
    return { connection, probes: connection.probeChannel() }
  }

  /** The other side knows the code. */
  #proved(): void {
    this.#isProved = true
    const { onEstablished, onDiagnostic } = this.#init
    onDiagnostic?.({ diagnostic: 'code', stage: 'proved' })
    const { peerCapabilities } = this.#secure
    this.#isMistaken = true
    assertSamePurpose(this.#init.capabilities, peerCapabilities)
    this.#isMistaken = false
    if (onEstablished?.(peerCapabilities) === false) {
      this.#fail(new ShareError('cancelled', 'Nothing is wanted of the other side here'))
      return
    }
    namedCapabilities(peerCapabilities)
    this.#submit(encodeHello(this.#hello))
  }

  #deliver(plaintext: Uint8Array): void {
    if (this.#paths === undefined) {
      this.#agree(decodeHello(plaintext))
      return
    }
    const facts = decodeFacts(plaintext)
    if (facts) this.#explain(this.#paths, facts)
    else this.#first?.connection.signal(plaintext)
  }

  /** The other side's wishes may exclude what the connection made so far would use. */
  #agree(peer: Hello): void {
    clearTimeout(this.#timer)
    this.#paths = agreeOnPaths(this.#hello, peer)
    const { only } = this.#paths
    if (only !== this.#hello.only && this.#first) {
      this.#first.connection.close()
      this.#first = undefined
      this.#held = []
    }
    this.#first ??= this.#connect(only)
    this.#first.connection.path.isRelayed = this.#paths.isRelayed
    for (const signal of this.#held.splice(0)) this.#submit(signal)
    void this.#open(this.#first, this.#paths)
  }

  async #open({ connection, probes }: FirstConnection, paths: AgreedPaths): Promise<void> {
    const { role, onDiagnostic } = this.#init
    const iceServers = this.#iceServers
    try {
      const { keys, peerCapabilities } = this.#secure
      const lane = await openLane({
        connection,
        lane: FIRST_LANE,
        transport: 'any',
        role,
        keys,
        signal: this.#stop.signal,
        onDiagnostic,
      })
      if (this.#over) return
      this.#over = true
      const close = () => {
        lane.abandon()
        connection.close()
        keys.destroy()
      }
      const made = { role, lane, connection, probes, iceServers, paths, keys, peerCapabilities }
      this.#session.resolve({ ...made, onDiagnostic, close })
    } catch (thrown) {
      const error = toShareError(thrown)
      if (error.code !== 'no-path') this.#fail(error)
      else this.#explain(paths, await this.#factsOfPeer())
    }
  }

  /** Says what was found out here, and waits for the same of the other side, which may still look. */
  async #factsOfPeer(): Promise<undefined> {
    this.#sayFacts()
    await pause(FACTS_TIMEOUT_MS, undefined, { signal: this.#stop.signal }).catch(() => undefined)
  }

  #sayFacts(): void {
    if (this.#hasSaidFacts || this.#first === undefined) return
    this.#hasSaidFacts = true
    this.#submit(encodeFacts(this.#first.connection.searchFacts))
  }

  /** Ends it, at both sides, with what is known of either. */
  #explain({ only }: AgreedPaths, peer: SearchFacts | undefined): void {
    if (this.#over || this.#first === undefined) return
    this.#sayFacts()
    this.#fail(explainNoPath({ only, own: this.#first.connection.searchFacts, peer }))
  }

  #submit(plaintext: Uint8Array): void {
    if (!this.#over) this.#post(this.#secure.submit(plaintext))
  }

  #post(messages: readonly Uint8Array[]): void {
    for (const message of messages) this.#init.send(message)
  }

  #fail(error: ShareError): void {
    if (this.#over) return
    this.#over = true
    this.#failure = error
    clearTimeout(this.#timer)
    this.#stop.abort(error)
    this.#first?.connection.close()
    this.#session.reject(error)
  }
}

function unanswered(): ShareError {
  return new ShareError('nobody-came', 'Somebody came and then said nothing', {
    hint: 'Try again: send for a new code.',
  })
}
