import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { checkIceUrls, isIceUrl } from '../../src/rendezvous/ice-server.ts'
import { iceServersSchema } from '../../src/rendezvous/ice-servers-schema.ts'

describe('isIceUrl', () => {
  it.each([
    'stun:stun.example.org',
    'stun:192.0.2.1:3478',
    'stun:[2001:db8::1]:65535',
    'stun:[::ffff:192.0.2.1]',
    'turn:relay.example.org?transport=udp',
    'turn:[2001:db8::1]:443?transport=tcp',
    'turns:relay.example.org:5349',
    'turns:X1.example.org:443?transport=tcp',
    `stun:${'x'.repeat(253)}`,
  ])('takes %s', (url) => expect(isIceUrl(url)).toBe(true))

  it.each([
    '',
    'stun',
    'stun:',
    'stun://stun.example.org',
    'stuns:stun.example.org',
    'STUN:stun.example.org',
    'http://stun.example.org',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'stun:a?transport=udp',
    'turn:a?transport=tls',
    'turn:a?transport=udp&x=1',
    'turn:a?transport=udp?transport=udp',
    'turn:a?',
    'turn:a?x=1',
    'turn:?transport=udp',
    'turn:user@a',
    'turn:user:password@a:1',
    'turn:a:0',
    'turn:a:65536',
    'turn:a:',
    'turn:a:1:2',
    'turn:a:-1',
    'turn:a:1e3',
    'turn:a/b',
    'turn:a#b',
    'turn:a b',
    'turn:a\n',
    '\nturn:a',
    'turn:a\0',
    'turn:-a',
    'turn:a-',
    'turn:.',
    'turn:ä',
    'turn:2001:db8::1',
    'turn:[2001:db8::1',
    'turn:[192.0.2.1]',
    'turn:[fe80::1%eth0]',
    'turn:[]',
    `turn:${'x'.repeat(254)}`,
  ])('refuses %j', (url) => expect(isIceUrl(url)).toBe(false))
})

describe('a client takes of a rendezvous', () => {
  const relay = { urls: ['turn:a'], username: 'u', credential: 'c' }
  const takes = (servers: unknown) => v.is(iceServersSchema, servers)

  it.each([
    ['none', []],
    ['a STUN server alone', [{ urls: ['stun:a'] }]],
    ['a relay with its credential', [relay]],
    ['both in one', [{ ...relay, urls: ['stun:a', 'turn:a', 'turns:a'] }]],
    ['eight', Array(8).fill(relay)],
    ['sixteen URLs', [{ ...relay, urls: Array(16).fill('turn:a') }]],
    ['one with fields of a later version', [{ ...relay, priority: 1 }]],
  ])('%s', (_what, servers) => expect(takes(servers)).toBe(true))

  it.each<[string, unknown]>([
    ['nothing that is no list', { 0: relay }],
    ['none without a URL', [{ urls: [] }]],
    ['none with one URL outside a list', [{ ...relay, urls: 'turn:a' }]],
    ['no null', [null]],
    ['no relay without a credential', [{ urls: ['turn:a'] }]],
    ['no relay without a password', [{ urls: ['turn:a'], username: 'u' }]],
    ['no relay without a name', [{ urls: ['turns:a'], credential: 'c' }]],
    ['no relay with an empty password', [{ ...relay, credential: '' }]],
    ['no relay behind a STUN server', [{ urls: ['stun:a', 'turn:a'] }]],
    ['no endless name', [{ ...relay, username: 'u'.repeat(513) }]],
    ['not nine', Array(9).fill(relay)],
    ['not seventeen URLs of one', [{ ...relay, urls: Array(17).fill('turn:a') }]],
    [
      'not seventeen URLs of eight',
      [
        ...Array(7).fill({ ...relay, urls: ['turn:a', 'turn:b'] }),
        { ...relay, urls: ['turn:a', 'turn:b', 'turn:c'] },
      ],
    ],
    ['no web page', [{ urls: ['https://a'] }]],
    ['no web page among others', [relay, { ...relay, urls: ['turn:a', 'https://a'] }]],
  ])('%s', (_what, servers) => expect(takes(servers)).toBe(false))

  it('no field that it does not know', () => {
    const parsed = v.parse(iceServersSchema, [{ ...relay, credentialType: 'oauth' }])
    expect(parsed).toEqual([relay])
  })
})

describe('checkIceUrls', () => {
  it('tells a STUN server from a relay', () => {
    expect(() => checkIceUrls(['stun:a'], 'stun')).not.toThrow()
    expect(() => checkIceUrls(['turn:a', 'turns:b'], 'turn')).not.toThrow()
    expect(() => checkIceUrls(['turn:a'], 'stun')).toThrow('"turn:a" is no stun URL')
    expect(() => checkIceUrls(['stun:a'], 'turn')).toThrow('"stun:a" is no turn URL')
  })

  it('refuses more than clients take', () => {
    expect(() => checkIceUrls(Array(8).fill('stun:a'), 'stun')).not.toThrow()
    expect(() => checkIceUrls(Array(9).fill('stun:a'), 'stun')).toThrow('more than 8 stun URLs')
  })
})
