import { expect, it } from 'vitest'
import { checkRendezvous, type RendezvousOutcome } from '../../src/diagnosis/check-rendezvous.ts'
import type { Reach } from '../../src/diagnosis/probe-server.ts'
import { ShareError } from '../../src/errors.ts'

const url = 'https://share.example.org'
const error = new ShareError('no-rendezvous', `No rendezvous answers at ${url} (ECONNREFUSED)`)
const answers = (connectMs: number, problem?: string): Reach => ({
  answer: {
    connectMs,
    arrivedMs: 0,
    ...(problem !== undefined && { certificate: { validFromMs: 0, validToMs: 1, problem } }),
  },
})

const PAIRED: RendezvousOutcome['pairing'] = { iceServers: [{ urls: ['stun:192.0.2.1'] }] }

it.each<[RendezvousOutcome | undefined, object]>([
  [undefined, { verdict: 'skipped', message: expect.stringContaining('local network only') }],
  [
    { url, reach: { ipv4: answers(12.34), ipv6: answers(0.4) }, pairing: PAIRED },
    {
      verdict: 'ok',
      message: `${url} brings two sides together over IPv4 (12 ms) and IPv6 (under 1 ms)`,
      hint: '',
      ipv4Ms: 12.3,
      ipv6Ms: 0.4,
      iceServers: 1,
    },
  ],
  [
    { url, reach: { ipv4: answers(3), ipv6: { problem: 'ENETUNREACH' } }, pairing: PAIRED },
    {
      verdict: 'ok',
      message: `${url} brings two sides together over IPv4 (3 ms), not over IPv6 (ENETUNREACH)`,
    },
  ],
  [
    { url, reach: { ipv4: { problem: 'ECONNREFUSED' }, ipv6: 'absent' }, pairing: { error } },
    { verdict: 'failed', message: error.message },
  ],
  [
    { url, reach: { ipv4: 'absent', ipv6: 'absent' }, pairing: { error } },
    { verdict: 'failed', message: `The name in ${url} is not known` },
  ],
  [
    { url, reach: { ipv4: answers(3), ipv6: 'absent' }, pairing: { error } },
    { verdict: 'failed', message: expect.stringContaining('does not bring two sides together') },
  ],
  [
    {
      url,
      reach: { ipv4: answers(3, 'CERT_HAS_EXPIRED'), ipv6: 'absent' },
      pairing: { error },
    },
    { verdict: 'failed', message: `${url} answers, but its certificate is not trusted` },
  ],
])('judges a rendezvous: %j', (outcome, finding) => {
  expect(checkRendezvous(outcome)).toMatchObject({ name: 'rendezvous', ...finding })
})
