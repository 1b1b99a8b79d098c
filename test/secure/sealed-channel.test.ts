import { createCipheriv } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  MAX_SEALED_MESSAGE_BYTES,
  MAX_SEALED_PLAINTEXT_BYTES,
  MessageOpener,
  MessageSealer,
} from '../../src/secure/sealed-channel.ts'
import { seededRandom } from './seeded-random.ts'
import { bytesOf, hexOf } from './text.ts'
import { thrownBy } from './thrown.ts'

const random = seededRandom('sealed channel')
const init = { key: random(32), sessionId: random(32), direction: 'sender-to-receiver' } as const
const hello = bytesOf('hello')

function sealSignalByHand(sequence: number, padded: Uint8Array): Uint8Array {
  const sequenceBytes = Buffer.of(0, 0, 0, sequence)
  const nonce = Buffer.concat([Buffer.alloc(8), sequenceBytes])
  const version = bytesOf('p2pshare/1')
  const direction = Buffer.of(0)
  const type = Buffer.of(0x11)
  const cipher = createCipheriv('aes-256-gcm', init.key, nonce).setAAD(
    Buffer.concat([version, init.sessionId, direction, sequenceBytes, type]),
  )
  const ciphertext = Buffer.concat([cipher.update(padded), cipher.final()])
  return Buffer.concat([type, sequenceBytes, ciphertext, cipher.getAuthTag()])
}

function padOnly(): Uint8Array {
  return Buffer.concat([Buffer.of(0x80), Buffer.alloc(1023)])
}

describe('a sealed channel', () => {
  it('opens what was sealed, in order', () => {
    const sealer = new MessageSealer(init)
    const opener = new MessageOpener(init)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (plaintext) => {
        expect(opener.open('signal', sealer.seal('signal', plaintext))).toEqual(plaintext)
      }),
      { numRuns: 30 },
    )
  })

  it('is AES-256-GCM with the counter as nonce and everything else as associated data', () => {
    const sealer = new MessageSealer(init)
    sealer.seal('key-encapsulation', hello)
    const padded = Buffer.alloc(1024)
    padded.set([...hello, 0x80])
    expect(hexOf(sealer.seal('signal', hello))).toBe(hexOf(sealSignalByHand(1, padded)))
  })

  it.each([
    ['without a marker of padding', Buffer.alloc(1024)],
    ['whose padding does not fill a block', Buffer.alloc(1000, 0x80)],
    ['that is longer than any of ours', Buffer.concat([Buffer.alloc(20 * 1024), padOnly()])],
  ])('refuses a well sealed message %s', (_, padded) => {
    const opener = new MessageOpener(init)
    const error = thrownBy(() => opener.open('signal', sealSignalByHand(0, padded)))
    expect(error.code).toBe('protocol')
  })

  it('hides lengths behind the padding', () => {
    const lengths = [0, 1, 1023].map(
      (length) => new MessageSealer(init).seal('signal', new Uint8Array(length)).length,
    )
    expect(lengths).toEqual([1045, 1045, 1045])
    expect(new MessageSealer(init).seal('signal', new Uint8Array(1024))).toHaveLength(2069)
  })

  it('takes the longest message and refuses one byte more', () => {
    const longest = new Uint8Array(MAX_SEALED_PLAINTEXT_BYTES)
    const sealed = new MessageSealer(init).seal('signal', longest)
    expect(sealed).toHaveLength(MAX_SEALED_MESSAGE_BYTES)
    expect(new MessageOpener(init).open('signal', sealed)).toEqual(longest)
    const tooLong = new Uint8Array(MAX_SEALED_PLAINTEXT_BYTES + 1)
    expect(() => new MessageSealer(init).seal('signal', tooLong)).toThrow(TypeError)
  })

  it('refuses a message with any bit altered, and everything after it', () => {
    const alteration = fc.record({ at: fc.nat({ max: 1044 }), bit: fc.nat({ max: 7 }) })
    fc.assert(
      fc.property(alteration, ({ at, bit }) => {
        const good = new MessageSealer(init).seal('signal', hello)
        const opener = new MessageOpener(init)
        const altered = good.with(at, (good[at] ?? 0) ^ (1 << bit))
        expect(thrownBy(() => opener.open('signal', altered)).code).toBe('protocol')
        expect(thrownBy(() => opener.open('signal', good)).code).toBe('protocol')
      }),
    )
  })

  it('refuses a repeated message', () => {
    const sealed = new MessageSealer(init).seal('signal', hello)
    const opener = new MessageOpener(init)
    opener.open('signal', sealed)
    expect(thrownBy(() => opener.open('signal', sealed)).code).toBe('protocol')
  })

  it('refuses a message after a gap', () => {
    const sealer = new MessageSealer(init)
    sealer.seal('signal', hello)
    const second = sealer.seal('signal', hello)
    expect(thrownBy(() => new MessageOpener(init).open('signal', second)).code).toBe('protocol')
  })

  it('refuses a message of another type than the one that is due', () => {
    const sealed = new MessageSealer(init).seal('signal', hello)
    const error = thrownBy(() => new MessageOpener(init).open('key-encapsulation', sealed))
    expect(error.code).toBe('protocol')
  })

  it.each([
    ['direction', { ...init, direction: 'receiver-to-sender' }],
    ['session', { ...init, sessionId: random(32) }],
    ['key', { ...init, key: random(32) }],
  ] as const)('refuses a message from another %s', (_, other) => {
    const sealed = new MessageSealer(other).seal('signal', hello)
    expect(thrownBy(() => new MessageOpener(init).open('signal', sealed)).code).toBe('protocol')
  })

  it.each([0, 1, 4, 5, 20, 21, 1044, 1046, MAX_SEALED_MESSAGE_BYTES + 1024])(
    'refuses a message of %i bytes',
    (length) => {
      const message = new Uint8Array(length)
      message.set([0x11].slice(0, length))
      expect(thrownBy(() => new MessageOpener(init).open('signal', message)).code).toBe('protocol')
    },
  )
})
