import { describe, expect, it } from 'vitest'
import { parseCandidate } from '../../src/peer/candidate.ts'
import { candidatesIn } from '../../src/peer/signal.ts'

const HOST = 'candidate:1 1 udp 2122260223 192.168.1.5 50000 typ host generation 0'
const RELAY = 'a=candidate:3 1 UDP 41885439 2001:db8::7 3478 typ relay raddr 203.0.113.4 rport 6000'
const TCP = 'candidate:2 1 tcp 1518280447 10.0.0.1 9 typ host tcptype active'

describe('parseCandidate', () => {
  it.each([
    [HOST, { kind: 'host', transport: 'udp', address: '192.168.1.5', port: 50_000 }],
    [RELAY, { kind: 'relay', transport: 'udp', address: '2001:db8::7', port: 3478 }],
    [TCP, { kind: 'host', transport: 'tcp', address: '10.0.0.1', port: 9 }],
  ])('reads %s', (line, candidate) => expect(parseCandidate(line)).toEqual(candidate))

  it.each([
    '',
    'candidate:',
    HOST.replace('udp', 'sctp'),
    HOST.replace('typ host', 'typ else'),
    HOST.replace('50000', 'port'),
    'a=ice-pwd:secret',
  ])('takes %j for none', (line) => expect(parseCandidate(line)).toBeUndefined())
})

it('candidatesIn finds those of a description', () => {
  const sdp = ['v=0', 'a=ice-pwd:secret', `a=${HOST}`, RELAY].join('\r\n')
  expect(candidatesIn({ type: 'offer', sdp }).map(({ kind }) => kind)).toEqual(['host', 'relay'])
  expect(candidatesIn({ type: 'candidate', candidate: { candidate: TCP } })).toHaveLength(1)
})
