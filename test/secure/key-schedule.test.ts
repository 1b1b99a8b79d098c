import { createHash, hkdfSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { deriveCombinedSecret, deriveSealingKey, expandKey } from '../../src/secure/key-schedule.ts'
import { lengthValueConcat } from '../../src/secure/length-value.ts'
import { seededRandom } from './seeded-random.ts'
import { hexOf } from './text.ts'

const random = seededRandom('key schedule')
const sessionId = random(32)
const input = {
  intermediateKey: random(64),
  sessionId,
  kemSecret: random(32),
  encapsulationKey: random(1184),
  kemCiphertext: random(1088),
}

describe('the key schedule', () => {
  it('is HKDF-SHA512 with the session as salt and a versioned label', () => {
    const key = deriveSealingKey(input.intermediateKey, sessionId, 'sender-to-receiver')
    const info = lengthValueConcat('p2pshare/1 sealing key', 'sender-to-receiver')
    expect(hexOf(key)).toBe(hkdf(input.intermediateKey, info, 32))
  })

  it('combines both secrets under a hash of what ML-KEM sent', () => {
    const transcript = createHash('sha512')
      .update(lengthValueConcat(input.encapsulationKey, input.kemCiphertext))
      .digest()
    const secrets = Buffer.concat([input.intermediateKey, input.kemSecret])
    const info = lengthValueConcat('p2pshare/1 combined secret', transcript)
    expect(hexOf(deriveCombinedSecret(input))).toBe(hkdf(secrets, info, 64))
  })

  it.each([
    'intermediateKey',
    'sessionId',
    'kemSecret',
    'encapsulationKey',
    'kemCiphertext',
  ] as const)('makes another combined secret of another %s', (name) => {
    const altered = Uint8Array.from(input[name])
    altered.set([(altered[0] ?? 0) ^ 1])
    expect(deriveCombinedSecret({ ...input, [name]: altered })).not.toEqual(
      deriveCombinedSecret(input),
    )
  })

  it('keeps purposes and their contexts apart', () => {
    const secret = deriveCombinedSecret(input)
    const keys = [
      expandKey(secret, 32, 'one'),
      expandKey(secret, 32, 'two'),
      expandKey(secret, 32, 'one', ''),
      expandKey(secret, 32, 'one', 'ab', 'c'),
      expandKey(secret, 32, 'one', 'a', 'bc'),
      deriveSealingKey(input.intermediateKey, sessionId, 'sender-to-receiver'),
      deriveSealingKey(input.intermediateKey, sessionId, 'receiver-to-sender'),
    ]
    expect(new Set(keys.map(hexOf)).size).toBe(keys.length)
  })
})

function hkdf(secret: Uint8Array, info: Uint8Array, length: number): string {
  return Buffer.from(hkdfSync('sha512', secret, sessionId, info, length)).toString('hex')
}
