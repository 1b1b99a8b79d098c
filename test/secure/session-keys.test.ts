import { describe, expect, it } from 'vitest'
import { deriveSessionKeys, SessionKeys } from '../../src/secure/session-keys.ts'
import { seededRandom } from './seeded-random.ts'
import { hexOf } from './text.ts'

const createKeys = () => new SessionKeys(seededRandom('combined secret')(64))
const zeros = (length: number) => new Uint8Array(length)

describe('SessionKeys', () => {
  it('gives every lane, direction and purpose a key of its own', () => {
    const keys = createKeys()
    const all = [keys.resumeKey, keys.bindKey.subarray(0, 32)]
    for (const lane of [0, 1, 255, 256, 0xffff_ffff]) {
      all.push(keys.frameKey(lane, 'sender-to-receiver'), keys.frameKey(lane, 'receiver-to-sender'))
    }
    expect(new Set(all.map(hexOf)).size).toBe(all.length)
    expect(all.every((key) => key.length === 32)).toBe(true)
  })

  it('gives both sides the same keys', () => {
    const [one, other] = [createKeys(), createKeys()]
    expect(one.bindKey).toEqual(other.bindKey)
    expect(one.resumeKey).toEqual(other.resumeKey)
    expect(one.verifier).toEqual(other.verifier)
    expect(one.resumeNameplate).toBe(other.resumeNameplate)
    expect(one.frameKey(3, 'sender-to-receiver')).toEqual(other.frameKey(3, 'sender-to-receiver'))
  })

  it('has 48 bits to compare, which are part of no key', () => {
    const { verifier, bindKey, resumeKey, resumeNameplate } = createKeys()
    expect(verifier).toHaveLength(6)
    for (const key of [hexOf(bindKey), hexOf(resumeKey), resumeNameplate]) {
      expect(key).not.toContain(hexOf(verifier))
    }
  })

  it('names a mailbox that tells nothing about the resume key', () => {
    const { resumeNameplate, resumeKey } = createKeys()
    expect(resumeNameplate).toMatch(/^[0-9a-f]{32}$/)
    expect(hexOf(resumeKey)).not.toContain(resumeNameplate)
  })

  it('hands out a frame key once only', () => {
    const keys = createKeys()
    keys.frameKey(1, 'sender-to-receiver')
    expect(() => keys.frameKey(1, 'sender-to-receiver')).toThrow(TypeError)
    expect(() => keys.frameKey(1, 'receiver-to-sender')).not.toThrow()
  })

  it.each([-1, 0.5, 2 ** 32, Number.NaN])('refuses %s as a lane number', (lane) => {
    expect(() => createKeys().frameKey(lane, 'sender-to-receiver')).toThrow(TypeError)
  })

  it('wipes its keys when it is destroyed', () => {
    const keys = createKeys()
    keys.destroy()
    expect(keys.bindKey).toEqual(zeros(64))
    expect(keys.resumeKey).toEqual(zeros(32))
    expect(() => keys.frameKey(0, 'sender-to-receiver')).toThrow(TypeError)
  })
})

describe('deriveSessionKeys', () => {
  it('wipes the secrets that the keys come from', () => {
    const random = seededRandom('inputs')
    const input = {
      intermediateKey: random(64),
      sessionId: random(32),
      kemSecret: random(32),
      encapsulationKey: random(1184),
      kemCiphertext: random(1088),
    }
    deriveSessionKeys(input)
    expect(input.intermediateKey).toEqual(zeros(64))
    expect(input.kemSecret).toEqual(zeros(32))
  })
})
