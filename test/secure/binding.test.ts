import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createBinding, type LaneEnd, verifyBinding } from '../../src/secure/binding.ts'
import { lengthValueConcat } from '../../src/secure/length-value.ts'
import { seededRandom } from './seeded-random.ts'
import { hexOf } from './text.ts'
import { thrownBy } from './thrown.ts'

const fingerprint = (byte: string) => `sha-256 ${Array(32).fill(byte).join(':')}`
const bindKey = seededRandom('bind key')(64)
const sender: LaneEnd = {
  bindKey,
  role: 'sender',
  lane: 2,
  ownFingerprint: fingerprint('AA'),
  peerFingerprint: fingerprint('BB'),
}
const receiver: LaneEnd = {
  bindKey,
  role: 'receiver',
  lane: 2,
  ownFingerprint: fingerprint('BB'),
  peerFingerprint: fingerprint('AA'),
}

describe('a lane binding', () => {
  it('is accepted from the other end', () => {
    expect(() => verifyBinding(receiver, createBinding(sender))).not.toThrow()
    expect(() => verifyBinding(sender, createBinding(receiver))).not.toThrow()
  })

  it('is HMAC-SHA512 over version, role, lane and both fingerprints', () => {
    const fields = lengthValueConcat(
      'p2pshare/1 lane binding',
      'sender',
      Uint8Array.of(0, 0, 0, 2),
      fingerprint('AA'),
      fingerprint('BB'),
    )
    const expected = createHmac('sha512', bindKey).update(fields).digest('hex')
    expect(hexOf(createBinding(sender))).toBe(expected)
  })

  it.each([
    ['our own, come back', receiver],
    ['one of another lane', { ...sender, lane: 3 }],
    ['one under another key', { ...sender, bindKey: seededRandom('other')(64) }],
    ['one for another certificate of the peer', { ...sender, ownFingerprint: fingerprint('CC') }],
    ['one for another certificate of ours', { ...sender, peerFingerprint: fingerprint('CC') }],
  ])('is refused if it is %s', (_, end) => {
    expect(thrownBy(() => verifyBinding(receiver, createBinding(end))).code).toBe('integrity')
  })

  it('is refused at any other length', () => {
    const binding = createBinding(sender)
    for (const wrong of [new Uint8Array(), binding.subarray(1), Uint8Array.of(...binding, 0)]) {
      expect(thrownBy(() => verifyBinding(receiver, wrong)).code).toBe('integrity')
    }
  })

  it('does not depend on the case in which a fingerprint is written', () => {
    const lowerCase = {
      ...sender,
      ownFingerprint: fingerprint('aa'),
      peerFingerprint: `SHA-256 ${fingerprint('bb').slice(8)}`,
    }
    expect(createBinding(lowerCase)).toEqual(createBinding(sender))
  })

  it.each([
    '',
    'sha-256',
    'sha-1 AA:BB',
    fingerprint('AA').slice(0, -3),
    `${fingerprint('AA')}:AA`,
    `${fingerprint('AA')}\n`,
    fingerprint('GG'),
  ])('refuses %j as a fingerprint', (malformed) => {
    const end = { ...sender, peerFingerprint: malformed }
    expect(thrownBy(() => createBinding(end)).code).toBe('protocol')
  })
})
