import { describe, expect, it } from 'vitest'
import { checkCertificate } from '../../src/diagnosis/check-certificate.ts'
import { checkClock } from '../../src/diagnosis/check-clock.ts'
import { checkEngine } from '../../src/diagnosis/check-engine.ts'
import { checkFreeSpace } from '../../src/diagnosis/check-free-space.ts'
import { checkLocalNetwork } from '../../src/diagnosis/check-local-network.ts'
import { checkNat } from '../../src/diagnosis/check-nat.ts'
import { checkOpenFiles } from '../../src/diagnosis/check-open-files.ts'
import { checkPath } from '../../src/diagnosis/check-path.ts'
import { checkRelay } from '../../src/diagnosis/check-relay.ts'
import { checkThroughput } from '../../src/diagnosis/check-throughput.ts'
import { checkUdp } from '../../src/diagnosis/check-udp.ts'
import type { View } from '../../src/diagnosis/see-from-outside.ts'
import { ShareError } from '../../src/errors.ts'
import type { CheckName, CheckResult, NatMapping, Verdict } from '../../src/events.ts'
import { MIB } from '../../src/limits.ts'

const DAY_MS = 86_400_000
const NOW_MS = Date.UTC(2026, 10, 26)
const failing = () => {
  throw new ShareError('no-path', 'The relay gives no address: it has no room left')
}

it('an engine that does not load says why', () => {
  const load = () => {
    throw new ShareError('internal', 'No glibc', { hint: 'Use Debian.' })
  }
  expect(checkEngine(load)).toMatchObject({
    verdict: 'failed',
    message: 'No glibc',
    hint: 'Use Debian.',
  })
  expect(checkEngine(() => ({}))).toMatchObject({ verdict: 'ok' })
})

describe('a certificate', () => {
  const answer = (problem?: string, dateMs = NOW_MS) => ({
    connectMs: 1,
    arrivedMs: NOW_MS,
    dateMs,
    certificate: {
      validFromMs: NOW_MS - DAY_MS,
      validToMs: NOW_MS + 40 * DAY_MS,
      ...(problem !== undefined && { problem }),
    },
  })

  it('that is trusted tells until when', () => {
    expect(checkCertificate(true, answer(), NOW_MS)).toMatchObject({
      verdict: 'ok',
      message: 'The certificate is trusted, and valid until 2027-01-05',
      validTo: '2027-01-05T00:00:00.000Z',
    })
  })

  it('that ends soon is a warning', () => {
    expect(checkCertificate(true, answer(), NOW_MS + 30 * DAY_MS)).toMatchObject({
      verdict: 'warning',
    })
  })

  it.each([
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'signed by nobody but itself', 'NODE_EXTRA_CA_CERTS'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'for another name', 'name in the certificate'],
    ['SOMETHING_NEW', 'SOMETHING_NEW', 'NODE_EXTRA_CA_CERTS'],
  ])('that is not trusted (%s) says why', (problem, message, hint) => {
    expect(checkCertificate(true, answer(problem), NOW_MS)).toMatchObject({
      verdict: 'failed',
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    })
  })

  it('that has expired is the fault of the clock where the server disagrees', () => {
    const hints = [NOW_MS, NOW_MS + 100 * DAY_MS].map(
      (dateMs) => checkCertificate(true, answer('CERT_HAS_EXPIRED', dateMs), NOW_MS).hint,
    )
    expect(hints[0]).toContain("Set this machine's clock")
    expect(hints[1]).toBe('Renew it on the server.')
  })

  it.each([
    [false, answer()],
    [true, undefined],
  ])('that is not there is skipped', (isTls, shown) => {
    expect(checkCertificate(isTls, shown, NOW_MS)).toMatchObject({ verdict: 'skipped' })
  })
})

describe('a clock', () => {
  it.each([
    [0, 'ok', 'right, within 1 s', 0],
    [-20_000, 'ok', 'right, within 20 s', -20],
    [125_000, 'warning', '2 minutes ahead of', 125],
    [-7_300_000, 'warning', '2 hours behind', -7300],
    [DAY_MS, 'warning', '1 day ahead of', 86_400],
  ])('that is %i ms ahead', (aheadMs, verdict, message, aheadSeconds) => {
    const answer = { connectMs: 20, dateMs: NOW_MS, arrivedMs: NOW_MS + aheadMs + 510 }
    expect(checkClock(answer)).toMatchObject({
      verdict,
      message: expect.stringContaining(message),
      aheadSeconds,
    })
  })

  it('is not judged without another one', () => {
    expect(checkClock({ connectMs: 1, arrivedMs: 1 })).toMatchObject({ verdict: 'skipped' })
  })
})

const seen = (...mapped: string[]): View => ({
  asked: 2,
  sightings: mapped.map((text, index) => {
    const [address = '', port] = text.split(' ')
    const server = { address: `192.0.2.${index}`, port: 3478 }
    return { server, mapped: { address, port: Number(port) } }
  }),
})
const nothing: View = { asked: 0, sightings: [] }

describe('UDP', () => {
  it.each<[View, View, Verdict, string]>([
    [seen('203.0.113.5 1'), seen('2001:db8::1 1'), 'ok', 'as 203.0.113.5 and 2001:db8::1'],
    [nothing, seen('2001:db8::1 1'), 'ok', 'as 2001:db8::1'],
    [seen(), nothing, 'warning', 'does not get out'],
    [nothing, nothing, 'skipped', 'no STUN server'],
  ])('%j', (ipv4, ipv6, verdict, message) => {
    const finding = checkUdp({ ipv4, ipv6 }, 'Start one.')
    expect(finding).toMatchObject({ verdict, message: expect.stringContaining(message) })
    if (verdict === 'skipped') expect(finding.hint).toBe('Start one.')
  })
})

describe('a NAT', () => {
  const isOwn = (address: string) => address === '10.0.0.7'
  it.each<[View, NatMapping, Verdict]>([
    [seen('10.0.0.7 1', '10.0.0.7 1'), 'none', 'ok'],
    [seen('203.0.113.5 7', '203.0.113.5 7'), 'cone', 'ok'],
    [seen('203.0.113.5 7', '203.0.113.5 8'), 'symmetric', 'warning'],
    [seen('203.0.113.5 7', '203.0.113.6 7'), 'symmetric', 'warning'],
    [seen('203.0.113.5 7'), 'unknown', 'warning'],
  ])('%j', (ipv4, mapping, verdict) => {
    expect(checkNat({ ipv4, ipv6: nothing }, isOwn)).toMatchObject({ mapping, verdict })
  })

  it('is not judged where nothing answered', () => {
    expect(checkNat({ ipv4: seen(), ipv6: nothing }, isOwn)).toMatchObject({ verdict: 'skipped' })
  })

  it('is judged by IPv6 where there is no other', () => {
    expect(checkNat({ ipv4: nothing, ipv6: seen('10.0.0.7 1') }, isOwn)).toMatchObject({
      mapping: 'none',
    })
  })
})

describe('a relay', () => {
  const relays = [{ urls: ['turn:192.0.2.1:443?transport=tcp'] }]

  it('that gives an address works', async () => {
    const allocate = async () => '192.0.2.1:50000'
    const finding = await checkRelay({ name: 'relay-tcp', relays, allocate })
    expect(finding).toMatchObject({
      verdict: 'ok',
      message: 'A relay is reached over TCP 443, and gives 192.0.2.1:50000',
      address: '192.0.2.1:50000',
    })
  })

  it('that gives none says why', async () => {
    const finding = await checkRelay({ name: 'relay-udp', relays, allocate: async () => failing() })
    expect(finding).toMatchObject({
      verdict: 'warning',
      message: 'The relay gives no address: it has no room left (over UDP)',
    })
  })

  it('that nobody offers is skipped', async () => {
    const allocate = async () => failing()
    const finding = await checkRelay({ name: 'relay-udp', relays: [], allocate })
    expect(finding).toMatchObject({ verdict: 'skipped' })
  })
})

it.each([
  [true, 'ok'],
  [false, 'warning'],
])('a local network where one finds oneself: %s', async (isFound, verdict) => {
  expect(await checkLocalNetwork(async () => isFound)).toMatchObject({ verdict })
})

it.each<[number | undefined, Verdict, string]>([
  [5000 * MIB, 'ok', '4.9 GiB free in /here'],
  [100 * MIB, 'warning', '100 MiB free in /here'],
  [0, 'failed', '0 MiB free in /here'],
  [undefined, 'ok', 'not told'],
])('a place with %s bytes free', async (bytes, verdict, message) => {
  const finding = await checkFreeSpace('/here', async () => bytes)
  expect(finding).toMatchObject({ verdict, message: expect.stringContaining(message) })
})

it('a place that cannot be written to fails', async () => {
  const refused = async () => {
    throw new ShareError('permission', 'Could not write to "/here": permission denied')
  }
  expect(await checkFreeSpace('/here', refused)).toMatchObject({
    verdict: 'failed',
    message: 'Could not write to "/here": permission denied',
  })
})

it.each([
  [undefined, 'ok'],
  [1024, 'ok'],
  [64, 'warning'],
])('a limit of %s open files', (limit, verdict) => {
  expect(checkOpenFiles(limit)).toMatchObject({ verdict })
})

it('throughput is the mean of both ways', async () => {
  const measure = async () => ({ sending: 50e6, receiving: 70e6 })
  expect(await checkThroughput(measure)).toMatchObject({
    verdict: 'ok',
    message: 'One connection within this machine carries 60.0 MB/s',
    bytesPerSecond: 60e6,
  })
  expect(await checkThroughput(async () => failing())).toMatchObject({ verdict: 'failed' })
})

describe('the way out', () => {
  const results = (found: Partial<Record<CheckName, Verdict>>, mapping?: NatMapping) =>
    Object.entries(found).map(
      ([name, verdict]): CheckResult => ({
        name: name as CheckName,
        verdict,
        message: '',
        hint: '',
        ...(mapping && { mapping }),
      }),
    )

  it.each<[string, CheckResult[], Verdict, string]>([
    [
      'only a local network',
      results({ rendezvous: 'skipped', udp: 'skipped' }),
      'ok',
      'on this machine and in its network',
    ],
    ['no STUN server', results({ rendezvous: 'ok', udp: 'skipped' }), 'warning', 'directly'],
    [
      'everything',
      results({ rendezvous: 'ok', udp: 'ok', nat: 'ok', 'relay-udp': 'ok' }),
      'ok',
      'any other machine',
    ],
    [
      'UDP blocked, and a relay over TCP',
      results({ rendezvous: 'ok', udp: 'warning', 'relay-tcp': 'ok' }),
      'warning',
      'through the relay',
    ],
    [
      'UDP blocked, and no relay',
      results({ rendezvous: 'ok', udp: 'warning', 'relay-tcp': 'warning' }),
      'failed',
      'UDP is blocked, and no relay',
    ],
    [
      'a cone and no relay',
      results({ rendezvous: 'ok', udp: 'ok', nat: 'ok' }, 'cone'),
      'warning',
      'has no symmetric NAT',
    ],
    [
      'a symmetric NAT and no relay',
      results({ rendezvous: 'ok', udp: 'ok', nat: 'warning' }, 'symmetric'),
      'warning',
      'is open or in this network',
    ],
  ])('with %s', (_title, found, verdict, message) => {
    expect(checkPath(found)).toMatchObject({ verdict, message: expect.stringContaining(message) })
  })
})
