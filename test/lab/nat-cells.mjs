/**
 * - `nothing but relay`: not a packet between the two that does not go by the relay.
 * - `direct in the end`: over the relay first, and straight before it is over.
 *
 * @typedef {'direct' | 'relay' | 'relay over TCP 443' | 'nothing but relay' | 'direct in the end'
 *   | 'no path'} Expectation
 *
 * @typedef {object} Cell two machines, and what has to come of it
 * @property {string} name
 * @property {import('./nat-server.mjs').Offer} offer
 * @property {import('./nat-rules.mjs').Access} alice
 * @property {import('./nat-rules.mjs').Access} bob
 * @property {boolean} [onOneLan] behind Alice's gate both
 * @property {Expectation} expected
 * @property {string} [reason] a part of what both have to say where there is no path
 * @property {boolean} [isCompared] with a bare channel over the same relay
 * @property {string[]} [flags] of both programs
 * @property {'kill the relay' | 'let UDP out'} [meanwhile] what happens in the middle of the transfer
 */

/** @type {Omit<Cell, 'offer'>[]} */
const REACHABLE = [
  { name: 'open / open', alice: 'open', bob: 'open', expected: 'direct' },
  { name: 'cone / cone', alice: 'cone', bob: 'cone', expected: 'direct' },
  { name: 'open / symmetric', alice: 'open', bob: 'symmetric', expected: 'direct' },
  { name: 'one LAN', alice: 'cone', bob: 'cone', onOneLan: true, expected: 'direct' },
  { name: 'IPv6 only', alice: 'ipv6', bob: 'ipv6', expected: 'direct' },
]

/** @type {Omit<Cell, 'offer'>[]} */
const RELAYED = [
  {
    name: 'cone / symmetric',
    alice: 'cone',
    bob: 'symmetric',
    expected: 'relay',
    reason: 'symmetric NAT',
    isCompared: true,
  },
  {
    name: 'symmetric / symmetric',
    alice: 'symmetric',
    bob: 'symmetric',
    expected: 'relay',
    reason: 'symmetric NAT',
    isCompared: true,
  },
  { name: 'udp-blocked / cone', alice: 'udp-blocked', bob: 'cone', expected: 'relay over TCP 443' },
  {
    name: 'tcp443-only / symmetric',
    alice: 'tcp443-only',
    bob: 'symmetric',
    expected: 'relay over TCP 443',
  },
]

/** @type {Cell[]} */
const SPECIAL = [
  {
    name: 'open / open, --relay-only',
    alice: 'open',
    bob: 'open',
    offer: 'relay',
    flags: ['--relay-only'],
    expected: 'nothing but relay',
  },
  {
    name: 'symmetric / symmetric, --direct-only',
    alice: 'symmetric',
    bob: 'symmetric',
    offer: 'relay',
    flags: ['--direct-only'],
    expected: 'no path',
    reason: 'symmetric NAT',
  },
  {
    name: 'udp-blocked / cone, UDP let out',
    alice: 'udp-blocked',
    bob: 'cone',
    offer: 'relay',
    flags: ['--limit', '2M'],
    expected: 'direct in the end',
    meanwhile: 'let UDP out',
  },
  {
    name: 'symmetric / symmetric, relay killed',
    alice: 'symmetric',
    bob: 'symmetric',
    offer: 'relay',
    expected: 'relay',
    meanwhile: 'kill the relay',
  },
]

/**
 * Every pair of machines, at a rendezvous without a relay and at one with it.
 * @type {Cell[]}
 */
export const cells = [
  ...REACHABLE.slice(0, 1).map((cell) => offered('nothing', cell)),
  ...REACHABLE.map((cell) => offered('stun', cell)),
  ...RELAYED.map((cell) => offered('stun', { ...cell, expected: 'no path', isCompared: false })),
  ...[...REACHABLE, ...RELAYED].map((cell) => offered('relay', cell)),
  ...SPECIAL,
]

/**
 * @param {Cell['offer']} offer
 * @param {Omit<Cell, 'offer'>} cell
 * @returns {Cell}
 */
function offered(offer, cell) {
  return { ...cell, offer }
}
