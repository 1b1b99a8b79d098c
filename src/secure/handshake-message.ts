import { concatBytes } from '@noble/hashes/utils.js'
import { MAX_CAPABILITIES_BYTES } from '../limits.ts'
import { CONFIRMATION_BYTES, SHARE_BYTES } from './cpace.ts'
import type { Role } from './role.ts'
import { alteredMessageError } from './session-error.ts'

/*
 * The messages before sealing begins: a type byte, fields of fixed lengths, and capabilities as
 * the rest. Another version of the protocol uses other type bytes. Parsers throw a `protocol`
 * ShareError for any other type or length.
 */

const TYPES = {
  nonce: 0x01,
  initiatorShare: 0x02,
  responderShare: 0x03,
  initiatorConfirmation: 0x04,
  responderConfirmation: 0x05,
  wrongCode: 0x06,
} as const

export const NONCE_BYTES = 16

export interface InitiatorShare {
  nonce: Uint8Array
  share: Uint8Array
  capabilities: Uint8Array
}

export interface ResponderShare {
  share: Uint8Array
  capabilities: Uint8Array
}

export function encodeNonce(nonce: Uint8Array): Uint8Array {
  return encode('nonce', nonce)
}

export function parseNonce(message: Uint8Array): Uint8Array {
  return parse('nonce', message, NONCE_BYTES)
}

export function encodeInitiatorShare({ nonce, share, capabilities }: InitiatorShare): Uint8Array {
  return encode('initiatorShare', nonce, share, capabilities)
}

export function parseInitiatorShare(message: Uint8Array): InitiatorShare {
  const fixedBytes = NONCE_BYTES + SHARE_BYTES
  const body = parse('initiatorShare', message, fixedBytes, MAX_CAPABILITIES_BYTES)
  return {
    nonce: body.subarray(0, NONCE_BYTES),
    share: body.subarray(NONCE_BYTES, fixedBytes),
    capabilities: body.subarray(fixedBytes),
  }
}

export function encodeResponderShare({ share, capabilities }: ResponderShare): Uint8Array {
  return encode('responderShare', share, capabilities)
}

export function parseResponderShare(message: Uint8Array): ResponderShare {
  const body = parse('responderShare', message, SHARE_BYTES, MAX_CAPABILITIES_BYTES)
  return { share: body.subarray(0, SHARE_BYTES), capabilities: body.subarray(SHARE_BYTES) }
}

export function encodeConfirmation(from: Role, tag: Uint8Array): Uint8Array {
  return encode(confirmationOf(from), tag)
}

export function parseConfirmation(from: Role, message: Uint8Array): Uint8Array {
  return parse(confirmationOf(from), message, CONFIRMATION_BYTES)
}

/** What a sender that was shown a wrong code says before it leaves. */
export function encodeWrongCode(): Uint8Array {
  return encode('wrongCode')
}

export function isWrongCode(message: Uint8Array): boolean {
  return message.length === 1 && message[0] === TYPES.wrongCode
}

function confirmationOf(role: Role): 'initiatorConfirmation' | 'responderConfirmation' {
  return role === 'receiver' ? 'initiatorConfirmation' : 'responderConfirmation'
}

function encode(type: keyof typeof TYPES, ...fields: readonly Uint8Array[]): Uint8Array {
  return concatBytes(Uint8Array.of(TYPES[type]), ...fields)
}

function parse(
  type: keyof typeof TYPES,
  message: Uint8Array,
  fixedBytes: number,
  maxRestBytes = 0,
): Uint8Array {
  const restBytes = message.length - 1 - fixedBytes
  if (message[0] !== TYPES[type] || restBytes < 0 || restBytes > maxRestBytes) {
    throw alteredMessageError()
  }
  return message.subarray(1)
}
