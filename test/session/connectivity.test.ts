import { describe, expect, it } from 'vitest'
import { connectivityOf, offers } from '../../src/session/connectivity.ts'

const access = { username: 'anna', credential: 'velvet' }

describe("ICE servers of one's own", () => {
  it.each([
    [[]],
    [[{ urls: ['stun:stun.example.org'] }]],
    [[{ urls: ['turn:[2001:db8::1]:443?transport=tcp'], ...access }]],
    [[{ urls: ['turns:relay.example.org', 'stun:192.0.2.1:3478'], ...access }]],
  ])('may be %o', (iceServers) => {
    expect(connectivityOf({ iceServers })).toEqual({ iceServers, only: undefined })
  })

  it.each([
    ['stun:HOST', [{ urls: ['example.org'] }]],
    ['stun:HOST', [{ urls: ['https://example.org'] }]],
    ['stun:HOST', [{ urls: ['stun:a b'] }]],
    ['stun:HOST', [{ urls: ['turn:a?transport=sctp'], ...access }]],
    ['turn:a,USER,PASSWORD', [{ urls: ['turn:a'] }]],
    ['turn:a,USER,PASSWORD', [{ urls: ['turn:a'], username: 'anna' }]],
    ['', [{ urls: [] }]],
    ['', Array(9).fill({ urls: ['stun:a'] })],
  ])('are refused with a hint of %j: %o', (hint, iceServers) => {
    expect(() => connectivityOf({ iceServers })).toThrow(
      expect.objectContaining({ code: 'usage', hint: expect.stringContaining(hint) }),
    )
  })

  it('are relays, or tell a public address', () => {
    const [stun, turn] = [{ urls: ['stun:a'] }, { urls: ['turns:a'], ...access }]
    expect([[], [stun], [turn], [stun, turn]].map((each) => offers('relay', each))).toEqual([
      ...[false, false, true, true],
    ])
    expect([[], [stun], [turn]].map((each) => offers('stun', each))).toEqual([false, true, false])
  })
})
