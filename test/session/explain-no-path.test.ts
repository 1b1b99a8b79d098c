import { describe, expect, it } from 'vitest'
import type { SearchFacts } from '../../src/peer/path-search.ts'
import { explainNoPath } from '../../src/session/explain-no-path.ts'
import { decodeFacts, encodeFacts } from '../../src/session/path-facts.ts'

/** Behind a NAT of which nothing is known, at a rendezvous that offers STUN and no relay. */
const plain: SearchFacts = {
  ipv4: true,
  ipv6: false,
  tcp: true,
  stun: 'answered',
  relay: 'unasked',
  mapping: 'unknown',
  reached: false,
}
const side = (facts: Partial<SearchFacts> = {}): SearchFacts => ({ ...plain, ...facts })
const symmetric = side({ mapping: 'varying' })
const noUdp = side({ stun: 'silent' })
const ipv6 = side({ ipv4: false, ipv6: true })
const relay = (what: SearchFacts['relay']) => side({ relay: what })

interface Row {
  own?: SearchFacts
  peer?: SearchFacts | undefined
  only?: 'direct' | 'relay'
  why: string
  hint: string
}

const SERVE = 'Start the rendezvous with p2pshare serve --relay'
const LEAVE_OUT = 'Leave out --direct-only'

describe('where no path is found', () => {
  it.each<Row>([
    { own: side({ reached: true }), why: 'The two sides reach each other', hint: 'smaller MTU' },
    { peer: side({ reached: true }), why: 'The two sides reach each other', hint: 'smaller MTU' },
    { own: relay('granted'), why: 'This side got a place on the relay', hint: 'firewall' },
    { peer: relay('granted'), why: 'The other side got a place on the relay', hint: 'firewall' },
    { own: relay('refused'), why: 'This side was turned away by the relay', hint: 'secret' },
    {
      own: relay('refused'),
      peer: relay('refused'),
      why: 'Both sides were turned away by the relay',
      hint: 'the clock and the quota',
    },
    { own: relay('silent'), why: 'This side got no answer from the relay', hint: '443 over TCP' },
    {
      own: relay('silent'),
      peer: relay('silent'),
      why: 'Both sides got no answer from the relay',
      hint: 'Check that the relay runs',
    },
    { own: ipv6, why: 'This side has IPv6 only and the other IPv4 only', hint: SERVE },
    { peer: side({ ipv4: false }), why: 'and the other no network', hint: SERVE },
    {
      own: ipv6,
      only: 'direct',
      why: 'This side has IPv6 only and the other IPv4 only, and no relay may be used',
      hint: LEAVE_OUT,
    },
    {
      own: side({ stun: 'unasked' }),
      peer: side({ stun: 'unasked' }),
      why: 'not in one network, or a firewall is between them, and there is neither STUN nor a relay',
      hint: SERVE,
    },
    {
      own: side({ stun: 'unasked' }),
      peer: side({ stun: 'unasked' }),
      only: 'direct',
      why: 'there is no STUN, and no relay may be used',
      hint: LEAVE_OUT,
    },
    { own: noUdp, why: 'This side is in a network that lets no UDP out', hint: SERVE },
    { peer: noUdp, why: 'The other side is in a network that lets no UDP out', hint: SERVE },
    {
      own: noUdp,
      peer: noUdp,
      why: 'Both sides are in a network that lets no UDP out, and there is no relay',
      hint: SERVE,
    },
    {
      own: symmetric,
      peer: symmetric,
      why: 'Both sides are behind symmetric NATs, and there is no relay',
      hint: SERVE,
    },
    {
      own: symmetric,
      peer: symmetric,
      only: 'direct',
      why: 'Both sides are behind symmetric NATs, and no relay may be used',
      hint: LEAVE_OUT,
    },
    { own: symmetric, why: 'This side is behind a symmetric NAT, which the other', hint: SERVE },
    { peer: symmetric, why: 'The other side is behind a symmetric NAT, which this', hint: SERVE },
    { why: 'The NATs or firewalls of the two sides do not let them meet', hint: SERVE },
    { peer: undefined, why: 'The NATs or firewalls of the two sides', hint: SERVE },
  ])('$why: $hint', ({ own = plain, only, why, hint, ...row }) => {
    const peer = 'peer' in row ? row.peer : plain
    expect(explainNoPath({ only, own, peer })).toMatchObject({
      code: 'no-path',
      message: expect.stringContaining(why),
      hint: expect.stringContaining(hint),
    })
  })

  it.each<[string, Partial<Row>]>([
    ['direct UDP and TCP over IPv4', {}],
    ['direct UDP over IPv4', { own: side({ tcp: false }) }],
    [
      'direct UDP and TCP over IPv4 and IPv6',
      { own: side({ ipv6: true }), peer: side({ ipv6: true }) },
    ],
    ['direct UDP and TCP', { own: ipv6 }],
    ['direct UDP and TCP over IPv4, a relay', { peer: relay('silent') }],
    ['a relay', { own: relay('silent'), only: 'relay' }],
    ['direct UDP and TCP over IPv4', { own: relay('silent'), only: 'direct' }],
  ])('says that it tried %s', (ways, { own = plain, peer = plain, only }) => {
    expect(explainNoPath({ only, own, peer }).message).toMatch(new RegExp(`; tried ${ways}$`))
  })
})

describe('the facts of a side', () => {
  it.each([plain, symmetric, noUdp, relay('refused')])('arrive as they are: %o', (facts) => {
    expect(decodeFacts(encodeFacts(facts))).toEqual(facts)
  })

  it.each(['', '{', 'null', '{"type":"offer","sdp":""}'])('are not %j', (text) => {
    expect(decodeFacts(new TextEncoder().encode(text))).toBeUndefined()
  })

  it.each([{}, { ...plain, stun: 'perhaps' }, { ...plain, ipv4: 1 }])(
    'are refused as %o',
    (said) => {
      const bytes = new TextEncoder().encode(JSON.stringify({ type: 'facts', ...said }))
      expect(() => decodeFacts(bytes)).toThrow(expect.objectContaining({ code: 'protocol' }))
    },
  )
})
