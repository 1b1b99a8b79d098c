import { randomBytes as systemRandomBytes } from '@noble/hashes/utils.js'
import { type ShareError, toShareError } from '../errors.ts'
import { MAX_CAPABILITIES_BYTES } from '../limits.ts'
import type { Handshake, HandshakeResult } from './handshake.ts'
import { encodeWrongCode } from './handshake-message.ts'
import { receiverHandshake } from './receiver-handshake.ts'
import type { Role } from './role.ts'
import { MAX_SEALED_PLAINTEXT_BYTES, type MessageSealer } from './sealed-channel.ts'
import { senderHandshake } from './sender-handshake.ts'
import type { SessionKeys } from './session-keys.ts'

export interface SecureSessionInit {
  role: Role
  /** What both sides know from the code besides the secret; it is bound into the keys. */
  nameplate: string
  /** The code's secret part as UTF-8, or the resume key of an earlier session. Never sent. */
  secret: Uint8Array
  /** What this side can do, at most MAX_CAPABILITIES_BYTES. Sent in the clear, authenticated. */
  capabilities: Uint8Array
  /** Of a sender: what it says to a receiver that says this, in the place of `capabilities`. */
  answer?: ((peerCapabilities: Uint8Array) => Uint8Array) | undefined
  randomBytes?: (length: number) => Uint8Array
}

export interface Received {
  /** Messages to put on the wire, in order. */
  outgoing: Uint8Array[]
  /** Plaintexts that the other side submitted, in order. */
  delivered: Uint8Array[]
}

/**
 * One side of a secure session over a message pipe that nobody trusts: CPace with the receiver
 * confirming first, then sealed messages, the first of which carry ML-KEM-768.
 *
 * A pure state machine: messages in, messages out, no timers. Once a method has thrown a ShareError
 * the session is dead, and throws the same again. `wrong-code` at the sender means that a guess
 * was made: the code must not be used again.
 */
export class SecureSession {
  readonly #role: Role
  readonly #handshake: Handshake
  readonly #queue: Uint8Array[] = []
  #started = false
  #sealer: MessageSealer | undefined
  #result: HandshakeResult | undefined
  #failure: ShareError | undefined
  #ahead: (() => void) | undefined

  constructor(init: SecureSessionInit) {
    if (init.secret.length === 0) throw new TypeError('The secret is empty')
    if (init.capabilities.length > MAX_CAPABILITIES_BYTES) {
      throw new TypeError('The capabilities are too long')
    }
    const begin = init.role === 'sender' ? senderHandshake : receiverHandshake
    this.#role = init.role
    this.#handshake = begin({ ...init, randomBytes: init.randomBytes ?? systemRandomBytes })
  }

  /** The first messages to put on the wire; to be called once, before anything is received. */
  start(): Uint8Array[] {
    if (this.#started) throw new TypeError('The session has been started')
    this.#started = true
    return this.#guard(() => this.#advance())
  }

  /** Takes the next message of the other side. Throws `wrong-code` or `protocol` ShareErrors. */
  receive(message: Uint8Array): Received {
    if (!this.#started) throw new TypeError('The session has not been started')
    return this.#guard(() => {
      const own = Uint8Array.from(message)
      if (this.#result === undefined) return { outgoing: this.#advance(own), delivered: [] }
      return { outgoing: [], delivered: [this.#result.opener.open('signal', own)] }
    })
  }

  /** Does what it can for the message that comes next; for when its own are on the wire. */
  workAhead(): void {
    if (this.#failure === undefined) this.#ahead?.()
  }

  /**
   * Hands over a plaintext for the other side, at most MAX_SEALED_PLAINTEXT_BYTES. Returns the
   * messages to put on the wire now; before sealing is allowed it is kept until it is.
   */
  submit(plaintext: Uint8Array): Uint8Array[] {
    if (plaintext.length > MAX_SEALED_PLAINTEXT_BYTES) {
      throw new TypeError('The message is too long to be sealed')
    }
    return this.#guard(() => {
      this.#queue.push(Uint8Array.from(plaintext))
      return this.#sealQueued()
    })
  }

  /** Whether both sides have shown that they know the secret, and all keys are agreed. */
  get established(): boolean {
    return this.#result !== undefined && this.#failure === undefined
  }

  /**
   * Whether this side has said what a guess at the secret can be checked by. Shares are no help with
   * that: they are random points whatever the secret is.
   */
  get hasConfirmed(): boolean {
    return this.#sealer !== undefined
  }

  /** The keys, which outlive the session and belong to the caller. */
  get keys(): SessionKeys {
    return this.#established().keys
  }

  get peerCapabilities(): Uint8Array {
    return this.#established().peerCapabilities
  }

  /** A last message to put on the wire after a throw, so that the other side learns the reason. */
  get farewell(): Uint8Array | undefined {
    const guessed = this.#role === 'sender' && this.#failure?.code === 'wrong-code'
    return guessed ? encodeWrongCode() : undefined
  }

  #advance(...message: [] | [Uint8Array]): Uint8Array[] {
    const { done, value } = this.#handshake.next(...message)
    if (done) this.#result = value
    this.#ahead = done ? undefined : value.ahead
    this.#sealer ??= value.sealer
    return [...value.outgoing, ...this.#sealQueued()]
  }

  #sealQueued(): Uint8Array[] {
    const sealer = this.#sealer
    if (sealer === undefined) return []
    return this.#queue.splice(0).map((plaintext) => sealer.seal('signal', plaintext))
  }

  #established(): HandshakeResult {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#result === undefined) throw new TypeError('The session is not established')
    return this.#result
  }

  #guard<T>(step: () => T): T {
    if (this.#failure !== undefined) throw this.#failure
    try {
      return step()
    } catch (error) {
      this.#failure = toShareError(error)
      throw this.#failure
    }
  }
}
