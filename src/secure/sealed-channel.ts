import { gcm } from '@noble/ciphers/aes.js'
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { MAX_SEALED_BYTES, SEALED_PADDING_BYTES } from '../limits.ts'
import { pad, unpad } from './padding.ts'
import { PROTOCOL_VERSION } from './protocol-version.ts'
import type { Direction } from './role.ts'
import { alteredMessageError } from './session-error.ts'

/*
 * One direction of sealed signalling: AES-256-GCM under a key of its own.
 * Wire format: type (1 byte), sequence number (4, big endian), ciphertext and tag.
 */

const TYPES = { 'key-encapsulation': 0x10, signal: 0x11 } as const
const DIRECTIONS = { 'sender-to-receiver': 0, 'receiver-to-sender': 1 } as const
const HEADER_BYTES = 5
const TAG_BYTES = 16
const NONCE_BYTES = 12
const MAX_SEQUENCE = 0xffff_ffff

export const MAX_SEALED_MESSAGE_BYTES = HEADER_BYTES + MAX_SEALED_BYTES + TAG_BYTES
/** The padding takes at least one byte. */
export const MAX_SEALED_PLAINTEXT_BYTES = MAX_SEALED_BYTES - 1

export type SealedType = keyof typeof TYPES

export interface SealedChannelInit {
  /** 32 bytes, used for nothing else. */
  key: Uint8Array
  sessionId: Uint8Array
  direction: Direction
}

export class MessageSealer {
  readonly #init: SealedChannelInit
  #sequence = 0

  constructor(init: SealedChannelInit) {
    this.#init = init
  }

  /** The wire message. `plaintext` has at most MAX_SEALED_PLAINTEXT_BYTES. */
  seal(type: SealedType, plaintext: Uint8Array): Uint8Array {
    if (plaintext.length > MAX_SEALED_PLAINTEXT_BYTES) {
      throw new TypeError('The message is too long to be sealed')
    }
    if (this.#sequence > MAX_SEQUENCE) throw new TypeError('The sequence numbers are used up')
    const header = encodeHeader(type, this.#sequence)
    const cipher = createCipher(this.#init, header)
    this.#sequence += 1
    return concatBytes(header, cipher.encrypt(pad(plaintext, SEALED_PADDING_BYTES)))
  }
}

export class MessageOpener {
  readonly #init: SealedChannelInit
  #sequence = 0
  #dead = false

  constructor(init: SealedChannelInit) {
    this.#init = init
  }

  /**
   * The plaintext of the next message, which must be of `type`. Anything else throws a `protocol`
   * ShareError, and from then on so does every message.
   */
  open(type: SealedType, message: Uint8Array): Uint8Array {
    if (this.#dead) throw alteredMessageError()
    try {
      const plaintext = this.#open(type, message)
      this.#sequence += 1
      return plaintext
    } catch (cause) {
      this.#dead = true
      throw alteredMessageError(cause)
    }
  }

  #open(type: SealedType, message: Uint8Array): Uint8Array {
    if (message.length > MAX_SEALED_MESSAGE_BYTES) throw new RangeError('Too long to be sealed')
    if (this.#sequence > MAX_SEQUENCE) throw new RangeError('The sequence numbers are used up')
    const header = encodeHeader(type, this.#sequence)
    if (!header.every((byte, index) => byte === message[index])) {
      throw new RangeError('A sealed message out of order')
    }
    const padded = createCipher(this.#init, header).decrypt(message.subarray(HEADER_BYTES))
    const plaintext = unpad(padded, SEALED_PADDING_BYTES)
    if (plaintext === undefined) throw new RangeError('A sealed message with wrong padding')
    return plaintext
  }
}

function encodeHeader(type: SealedType, sequence: number): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES)
  const view = new DataView(header.buffer)
  view.setUint8(0, TYPES[type])
  view.setUint32(1, sequence)
  return header
}

function createCipher({ key, sessionId, direction }: SealedChannelInit, header: Uint8Array) {
  const type = header.subarray(0, 1)
  const sequence = header.subarray(1)
  const nonce = new Uint8Array(NONCE_BYTES)
  nonce.set(sequence, NONCE_BYTES - sequence.length)
  // Fields of fixed lengths: no separators needed.
  const associatedData = concatBytes(
    utf8ToBytes(PROTOCOL_VERSION),
    sessionId,
    Uint8Array.of(DIRECTIONS[direction]),
    sequence,
    type,
  )
  return gcm(key, nonce, associatedData)
}
