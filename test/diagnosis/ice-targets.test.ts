import { expect, it } from 'vitest'
import { iceTargets } from '../../src/diagnosis/ice-targets.ts'

it('sorts ICE servers by what each URL is good for', () => {
  const credentials = { username: 'u', credential: 'c' }
  const targets = iceTargets([
    { urls: ['stun:stun.example.org'] },
    { urls: ['stuns:stun.example.org', 'nonsense'] },
    {
      urls: [
        'turn:[2001:db8::1]:3478?transport=udp',
        'turn:192.0.2.1:3478?transport=tcp',
        'turn:192.0.2.1:443?transport=tcp',
        'turns:relay.example.org:443',
        'TURN:192.0.2.1',
      ],
      ...credentials,
    },
  ])
  expect(targets).toEqual({
    stun: [
      { host: 'stun.example.org', port: 3478 },
      { host: '2001:db8::1', port: 3478 },
      { host: '192.0.2.1', port: 3478 },
    ],
    relayUdp: [
      { urls: ['turn:[2001:db8::1]:3478?transport=udp'], ...credentials },
      { urls: ['TURN:192.0.2.1'], ...credentials },
    ],
    relayTcp: [
      { urls: ['turn:192.0.2.1:443?transport=tcp'], ...credentials },
      { urls: ['turns:relay.example.org:443'], ...credentials },
    ],
  })
})

it('takes relays over TCP on other ports where there are none on 443', () => {
  const urls = ['turn:192.0.2.1:3478?transport=tcp']
  expect(iceTargets([{ urls }]).relayTcp).toEqual([{ urls }])
})
