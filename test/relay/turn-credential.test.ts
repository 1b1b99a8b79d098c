import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkTurnSecret, turnCredential } from '../../src/relay/turn-credential.ts'

const SECRET = 'north-of-the-river-1'

describe('turnCredential', () => {
  it('is what other programs make of the same secret', () => {
    // printf '1765000000:3q2-7w' | openssl dgst -sha1 -hmac north-of-the-river-1 -binary | base64
    expect(turnCredential(SECRET, 1_764_996_400_999, '3q2-7w')).toEqual({
      username: '1765000000:3q2-7w',
      credential: 'JE56hxJzekksMpGYRlEhbp/+RmA=',
    })
  })

  it('lasts an hour and not longer', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), (nowMs) => {
        const expiry = Number(turnCredential(SECRET, nowMs).username.split(':')[0])
        expect(expiry * 1000 - nowMs).toBeLessThanOrEqual(3_600_000)
        expect(expiry * 1000 - nowMs).toBeGreaterThan(3_598_000)
      }),
    )
  })

  it('is another one each time', () => {
    const usernames = Array.from({ length: 100 }, () => turnCredential(SECRET, 0).username)
    expect(new Set(usernames).size).toBe(100)
    for (const username of usernames) expect(username).toMatch(/^3600:[\w-]{16}$/)
  })
})

describe('checkTurnSecret', () => {
  it.each(['x'.repeat(16), '!"#$%&\'()*+,-./:;<=>?@', 'x'.repeat(256)])('takes %j', (secret) => {
    expect(() => checkTurnSecret(secret)).not.toThrow()
  })

  it.each([
    '',
    'x'.repeat(15),
    'x'.repeat(257),
    'with a space in it',
    'line\nfeed-and-more-of-it',
    'ümläut-and-so-on-x',
  ])('refuses %j without repeating it', (secret) => {
    const check = () => checkTurnSecret(secret)
    expect(check).toThrow('A TURN secret has 16 to 256 ASCII characters, none of them a space')
  })
})
