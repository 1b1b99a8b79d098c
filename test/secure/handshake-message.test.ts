import { describe, expect, it } from 'vitest'
import {
  encodeConfirmation,
  encodeInitiatorShare,
  encodeNonce,
  encodeResponderShare,
  encodeWrongCode,
  isWrongCode,
  parseConfirmation,
  parseInitiatorShare,
  parseNonce,
  parseResponderShare,
} from '../../src/secure/handshake-message.ts'
import { seededRandom } from './seeded-random.ts'
import { thrownBy } from './thrown.ts'

const random = seededRandom('handshake messages')
const [nonce, share, tag, capabilities] = [random(16), random(32), random(64), random(256)]
const none = new Uint8Array()

const parsers = {
  nonce: parseNonce,
  'initiator share': parseInitiatorShare,
  'responder share': parseResponderShare,
  'confirmation of the receiver': (message: Uint8Array) => parseConfirmation('receiver', message),
  'confirmation of the sender': (message: Uint8Array) => parseConfirmation('sender', message),
}
type MessageName = keyof typeof parsers
const names = [
  'nonce',
  'initiator share',
  'responder share',
  'confirmation of the receiver',
  'confirmation of the sender',
] as const

function messagesWith(carried: Uint8Array): Record<MessageName, Uint8Array> {
  return {
    nonce: encodeNonce(nonce),
    'initiator share': encodeInitiatorShare({ nonce, share, capabilities: carried }),
    'responder share': encodeResponderShare({ share, capabilities: carried }),
    'confirmation of the receiver': encodeConfirmation('receiver', tag),
    'confirmation of the sender': encodeConfirmation('sender', tag),
  }
}

describe('handshake messages', () => {
  it('give back what went in', () => {
    expect(parseNonce(encodeNonce(nonce))).toEqual(nonce)
    expect(parseConfirmation('sender', encodeConfirmation('sender', tag))).toEqual(tag)
    for (const carried of [capabilities, none]) {
      const initiator = { nonce, share, capabilities: carried }
      const responder = { share, capabilities: carried }
      expect(parseInitiatorShare(encodeInitiatorShare(initiator))).toEqual(initiator)
      expect(parseResponderShare(encodeResponderShare(responder))).toEqual(responder)
    }
    expect(isWrongCode(encodeWrongCode())).toBe(true)
  })

  it.each(names)('refuse a %s that is too long', (name) => {
    const message = Uint8Array.of(...messagesWith(capabilities)[name], 0)
    expect(thrownBy(() => parsers[name](message)).code).toBe('protocol')
  })

  it.each(names)('refuse a %s that is too short', (name) => {
    const message = messagesWith(none)[name]
    for (let length = 0; length < message.length; length += 1) {
      expect(thrownBy(() => parsers[name](message.subarray(0, length))).code).toBe('protocol')
    }
  })

  it.each(names)('refuse every other message for a %s', (name) => {
    const others = names.filter((other) => other !== name).map((other) => messagesWith(none)[other])
    for (const other of [...others, encodeWrongCode()]) {
      expect(thrownBy(() => parsers[name](other)).code).toBe('protocol')
    }
  })
})
