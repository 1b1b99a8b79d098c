import { addsAtMost, carries, divides, followsTheLine, stallsAtMost } from './marks.mjs'

/**
 * @typedef {object} Case
 * @property {string} name
 * @property {import('./wan-link.mjs').Line} line
 * @property {number} mib that each transfer moves
 * @property {number} limitSeconds for that much; more than meeting the marks takes
 * @property {number} [transfers] at once, 1 unless told
 * @property {{ afterMs: number, rateMbit: number }[]} [changes] of the line, since the offer
 * @property {import('./marks.mjs').Mark[]} marks
 */

const fast = { rateMbit: 200, roundTripMs: 50, queueMs: 50 }

/**
 * Every kind of line that the program has to do well on.
 * @type {Case[]}
 */
export const cases = [
  {
    name: '200 Mbit/s, 20 ms',
    line: { ...fast, roundTripMs: 20 },
    mib: 192,
    limitSeconds: 30,
    marks: [carries(0.85)],
  },
  {
    name: '200 Mbit/s, 100 ms',
    line: { ...fast, roundTripMs: 100 },
    mib: 256,
    limitSeconds: 40,
    marks: [carries(0.85)],
  },
  {
    name: '200 Mbit/s, 100 ms, queue of 200 ms',
    line: { ...fast, roundTripMs: 100, queueMs: 200 },
    mib: 256,
    limitSeconds: 40,
    marks: [carries(0.85)],
  },
  {
    name: '200 Mbit/s, 50 ms, 0.1 % loss, UDP only',
    line: { ...fast, lossPercent: 0.1, udpOnly: true },
    mib: 192,
    limitSeconds: 40,
    marks: [carries(0.6)],
  },
  {
    name: '200 Mbit/s, 50 ms, 1 % loss, UDP only',
    line: { ...fast, lossPercent: 1, udpOnly: true },
    mib: 96,
    limitSeconds: 45,
    marks: [carries(0.2)],
  },
  {
    name: '200 Mbit/s, 50 ms, 0.1 % loss, TCP too',
    line: { ...fast, lossPercent: 0.1 },
    mib: 192,
    limitSeconds: 35,
    marks: [carries(0.75)],
  },
  {
    name: '200 Mbit/s, 50 ms, 1 % loss, TCP too',
    line: { ...fast, lossPercent: 1 },
    mib: 192,
    limitSeconds: 35,
    marks: [carries(0.75)],
  },
  {
    name: '20 Mbit/s, 40 ms, queue of 300 ms',
    line: { rateMbit: 20, roundTripMs: 40, queueMs: 300 },
    mib: 40,
    limitSeconds: 40,
    marks: [carries(0.9), addsAtMost(60)],
  },
  {
    name: '100 Mbit/s, then 10, then 100, 40 ms',
    line: { rateMbit: 100, roundTripMs: 40, queueMs: 100 },
    mib: 208,
    limitSeconds: 60,
    changes: [
      { afterMs: 9000, rateMbit: 10 },
      { afterMs: 20_000, rateMbit: 100 },
    ],
    marks: [stallsAtMost(2000), followsTheLine(0.8)],
  },
  {
    name: 'two at once on 100 Mbit/s, 40 ms',
    line: { rateMbit: 100, roundTripMs: 40, queueMs: 100 },
    mib: 96,
    limitSeconds: 50,
    transfers: 2,
    marks: [divides(0.35, 0.65)],
  },
]

/**
 * For every change of the code: small, and with room for a slow machine.
 * @type {Case[]}
 */
export const shortCases = [
  {
    name: 'short: 100 Mbit/s, 60 ms',
    line: { rateMbit: 100, roundTripMs: 60, queueMs: 50 },
    mib: 64,
    limitSeconds: 20,
    marks: [carries(0.4)],
  },
  {
    name: 'short: 100 Mbit/s, 50 ms, 0.1 % loss, UDP only',
    line: { ...fast, rateMbit: 100, lossPercent: 0.1, udpOnly: true },
    mib: 48,
    limitSeconds: 20,
    marks: [carries(0.2)],
  },
  {
    name: 'short: 20 Mbit/s, 40 ms, queue of 300 ms',
    line: { rateMbit: 20, roundTripMs: 40, queueMs: 300 },
    mib: 16,
    limitSeconds: 16,
    marks: [carries(0.5), addsAtMost(150)],
  },
]
