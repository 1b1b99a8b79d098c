import { describe, expect, it } from 'vitest'
import { CoturnLog, troubleIn } from '../../src/relay/coturn-log.ts'

const OWN = ['203.0.113.2', '2001:db8::2']

describe('troubleIn', () => {
  it.each([
    [
      '0: : Cannot bind DTLS/UDP listener socket to addr 203.0.113.2:443',
      'Cannot bind DTLS/UDP listener socket to addr 203.0.113.2:443',
    ],
    [
      '17: (4711): ERROR: Fatal final failure: cannot bind TLS/TCP socket to [2001:db8::2]:443',
      'Fatal final failure: cannot bind TLS/TCP socket to [2001:db8::2]:443',
    ],
    [
      '2026-08-07T08:39:40.123+0000 ERROR something failed at 198.51.100.7:5000 and [2a00::1]:6',
      'something failed at (address) and (address)',
    ],
    ['setuid: Unable to change user privileges', 'setuid: Unable to change user privileges'],
    [
      '9: : check_stun_auth: Cannot find credentials of user <1765000000:abc>',
      'a credential was forged or has expired',
    ],
  ])('passes on: %s', (line, trouble) => expect(troubleIn(line, OWN)).toBe(trouble))

  it.each([
    '',
    '0: : Listener address to use: 203.0.113.2',
    '0: : Wait for relay ports initialization...',
    '5: : session 001: new, realm=<p2pshare>, username=<1:abc>, lifetime=600',
    '5: : session 001: realm <p2pshare> user <1:abc>: incoming packet ALLOCATE processed, success',
    '5: : session 001: realm <p2pshare> user <>: incoming packet ALLOCATE processed, error 401: Unauthorized',
    '5: : session 001: usage: realm=<p2pshare>, username=<1:abc>, rp=4, rb=208, sp=3, sb=336',
    '5: : session 001: closed (2nd stage), user <1:abc> realm <p2pshare> origin <>, local 203.0.113.2:3478, remote 198.51.100.7:5000, reason: allocation timeout',
    '5: : A peer IP 10.0.0.1 denied in the range: 10.0.0.0-10.255.255.255',
    'socket: Protocol not supported',
  ])('keeps to itself: %s', (line) => expect(troubleIn(line, OWN)).toBeUndefined())

  it('passes on nothing that a terminal obeys', () => {
    expect(troubleIn('0: : Cannot \u001b[2J', OWN)).toBe('Cannot \\u{1b}[2J')
  })
})

describe('CoturnLog', () => {
  it('says the same once a minute, and not too much', () => {
    const told: unknown[] = []
    let nowMs = 0
    const tell = (fields: object) => void told.push(fields)
    const log = new CoturnLog({ info: tell, warn: tell, error: tell }, OWN, () => nowMs)
    log.write('Cannot one')
    log.write('Cannot one')
    expect(told).toEqual([{ coturn: 'Cannot one' }])
    expect(log.recent).toEqual(['Cannot one'])
    for (let count = 0; count < 100; count += 1) log.write(`Cannot ${count}`)
    expect(told).toHaveLength(20)
    nowMs = 60_000
    log.write('Cannot one')
    expect(told).toHaveLength(21)
    expect(log.recent).toEqual(['Cannot one'])
  })
})
