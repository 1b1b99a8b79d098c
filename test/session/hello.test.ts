import { describe, expect, it } from 'vitest'
import { agreeOnPaths, decodeHello, encodeHello, type Hello } from '../../src/session/hello.ts'

const hello = (only?: 'direct' | 'relay', relay = true): Hello => ({ only, stun: false, relay })
const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

describe('a hello', () => {
  it.each([hello(), hello('direct', false), hello('relay')])('says %o', (said) => {
    expect(decodeHello(encodeHello(said))).toEqual(said)
  })

  it('may say more than we know', () => {
    const said = { type: 'hello', stun: true, relay: true, color: 'blue' }
    expect(decodeHello(bytes(said))).toEqual({ stun: true, relay: true })
  })

  it.each([
    ['no JSON', Uint8Array.of(0x7b)],
    ['nothing', bytes(null)],
    ['a signal', bytes({ type: 'offer', sdp: '' })],
    ['an unknown kind of path', bytes({ type: 'hello', stun: true, relay: true, only: 'tor' })],
    ['half of it', bytes({ type: 'hello' })],
  ])('is not %s', (_, said) => {
    expect(() => decodeHello(said)).toThrow(expect.objectContaining({ code: 'protocol' }))
  })
})

describe('what two sides agree on', () => {
  it.each([
    [hello(), hello(), { only: undefined, isRelayed: false, mayBeDirect: true }],
    [hello('direct'), hello(), { only: 'direct', isRelayed: false, mayBeDirect: false }],
    [hello(), hello('direct'), { only: 'direct', isRelayed: false, mayBeDirect: false }],
    [
      hello('direct', false),
      hello('direct', false),
      { only: 'direct', isRelayed: false, mayBeDirect: false },
    ],
    [hello('relay'), hello(), { only: 'relay', isRelayed: true, mayBeDirect: false }],
    [hello(), hello('relay'), { only: undefined, isRelayed: true, mayBeDirect: false }],
    [
      hello('relay'),
      hello(undefined, false),
      { only: 'relay', isRelayed: true, mayBeDirect: false },
    ],
  ] as const)('%o and %o', (own, peer, agreed) => {
    expect(agreeOnPaths(own, peer)).toEqual(agreed)
  })

  it.each([
    ['One side', hello('direct'), hello('relay')],
    ['One side', hello('relay'), hello('direct')],
    ['This side', hello('relay', false), hello()],
    ['The other side', hello(), hello('relay', false)],
  ] as const)('is nothing: %s', (who, own, peer) => {
    const message = expect.stringMatching(`^${who} `)
    expect(() => agreeOnPaths(own, peer)).toThrow(
      expect.objectContaining({ code: 'no-path', message }),
    )
  })
})
