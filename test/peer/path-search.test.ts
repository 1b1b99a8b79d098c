import { describe, expect, it } from 'vitest'
import { PathSearch } from '../../src/peer/path-search.ts'

const STUN = { urls: ['stun:192.0.2.1'] }
const TWO = { urls: ['stun:192.0.2.1', 'stun:192.0.2.9'] }
const TURN = { urls: ['turn:192.0.2.1?transport=udp', 'turn:192.0.2.1:443?transport=tcp'] }
const host = '1 1 udp 9 10.0.0.7 5000 typ host'
const tcp = '1 1 tcp 9 10.0.0.7 9 typ host tcptype active'
const loopback = '1 1 udp 9 127.0.0.1 5000 typ host'
const ipv6 = '1 1 udp 9 2001:db8::7 5000 typ host'
const linkLocal = '1 1 udp 9 fe80::7 5000 typ host'
const mapped = '1 1 udp 9 203.0.113.5 6000 typ srflx raddr 10.0.0.7 rport 5000'
const mappedAgain = '1 1 udp 9 203.0.113.5 6001 typ srflx raddr 10.0.0.7 rport 5000'
const mappedOther = '1 1 udp 9 203.0.113.6 6001 typ srflx raddr 10.9.0.7 rport 5000'
const relay = '1 1 udp 9 192.0.2.1 7000 typ relay raddr 0.0.0.0 rport 0'
const timeout = { url: 'stun:192.0.2.1:3478', errorCode: 701, address: '10.0.0.x' }

function facts(servers: { urls: string[] }[], lines: string[], errors: object[] = []) {
  const search = new PathSearch(servers)
  for (const line of lines) {
    search.found({ type: 'candidate', candidate: { candidate: `candidate:${line}` } })
  }
  for (const error of errors) search.failed({ ...timeout, ...error })
  return search.facts
}

describe('what comes of looking for a path', () => {
  it.each([
    [[], { ipv4: false, ipv6: false, tcp: false }],
    [[loopback, linkLocal], { ipv4: false, ipv6: false, tcp: false }],
    [[host], { ipv4: true, ipv6: false, tcp: false }],
    [[tcp, ipv6], { ipv4: true, ipv6: true, tcp: true }],
  ])('are addresses: %o', (lines, expected) => {
    expect(facts([], lines)).toMatchObject(expected)
  })

  it('are those in a description too', () => {
    const search = new PathSearch([])
    search.found({ type: 'offer', sdp: `v=0\r\na=candidate:${host}\r\n` })
    expect(search.facts.ipv4).toBe(true)
  })

  it.each([
    ['unasked', [], [host], []],
    ['answered', [STUN], [host, mapped], [{}]],
    // A machine with a public address: the engine leaves out what it has already.
    ['answered', [STUN], [host], [{ address: '127.0.0.x' }, { address: '[0:0:0:x:x:x:x:x]' }]],
    ['silent', [STUN], [host], [{}]],
    ['silent', [TURN], [host], [{}]],
    ['unasked', [{ urls: ['turn:192.0.2.1?transport=tcp', 'turns:192.0.2.1'] }], [host], []],
  ])('is STUN %s', (stun, servers, lines, errors) => {
    expect(facts(servers, lines, errors).stun).toBe(stun)
  })

  it.each([
    ['unasked', [STUN], [], []],
    ['granted', [TURN], [relay], [{ errorCode: 401 }]],
    ['refused', [TURN], [], [{ errorCode: 401 }]],
    ['refused', [TURN], [], [{ errorCode: 486 }]],
    ['silent', [TURN], [], [{ errorCode: 701 }]],
    ['silent', [TURN], [], []],
  ])('is the relay %s', (answer, servers, lines, errors) => {
    expect(facts(servers, lines, errors).relay).toBe(answer)
  })

  it.each([
    ['unknown', [STUN], [host, mapped]],
    ['unknown', [TWO], [host]],
    ['same', [TWO], [host, mapped]],
    ['same', [TWO], [host, mapped, mappedOther]],
    ['varying', [TWO], [host, mapped, mappedAgain]],
    ['varying', [STUN, TURN], [host, mapped, mappedAgain]],
  ])('is a mapping that is %s', (mapping, servers, lines) => {
    expect(facts(servers, lines).mapping).toBe(mapping)
  })

  it('is that the other side was reached', () => {
    const search = new PathSearch([])
    expect(search.facts.reached).toBe(false)
    search.reached()
    expect(search.facts.reached).toBe(true)
  })
})
