import { describe, expect, it } from 'vitest'
import { judge, LIMITS, type Observation, wayOf } from './nat-marks.mjs'

const MIB = 1024 * 1024
const NOTHING = { peer: 0, relayUdp: 0, relayTcp443: 0, relayTcpElsewhere: 0 }
const STRAIGHT = { ...NOTHING, peer: 70 * MIB, relayUdp: 9000 }
const BY_UDP = { ...NOTHING, relayUdp: 70 * MIB }
const BY_TCP443 = { ...NOTHING, relayTcp443: 70 * MIB, peer: 9000 }

type Transfer = Observation['transfers'][number]

function transfer(path: string, traffic: Transfer['traffic'], more: Partial<Transfer> = {}) {
  const end = { status: 0, sentence: '', path, transport: 'udp' }
  const measured = { connectedSeconds: 1, bytesPerSecond: 40e6, seconds: 3 }
  return { arrived: true, ends: { alice: end, bob: end }, traffic, ...measured, ...more }
}

function direct(more: Partial<Transfer> = {}) {
  return transfer('direct', { alice: STRAIGHT, bob: STRAIGHT }, more)
}

function seen(
  expected: Observation['expected'],
  transfers: Transfer[],
  bareBytesPerSecond: number[] = [],
) {
  return judge({ expected, transfers, bareBytesPerSecond }, LIMITS)
}

describe('the way of the bytes', () => {
  it('is told by what passed at the machine, whatever small packets went elsewhere', () => {
    expect(wayOf(STRAIGHT)).toBe('direct')
    expect(wayOf(BY_UDP)).toBe('relay over UDP')
    expect(wayOf(BY_TCP443)).toBe('relay over TCP 443')
    expect(wayOf({ ...NOTHING, relayTcpElsewhere: 1 })).toBe('relay over TCP')
  })

  it('is several where none has nearly all, or nothing passed', () => {
    expect(wayOf({ ...STRAIGHT, relayUdp: 30 * MIB })).toBe('several')
    expect(wayOf(NOTHING)).toBe('several')
  })
})

describe('a cell that connects', () => {
  it('is as it must be when all arrives by the way that is expected, in time', () => {
    const { measured, misses } = seen('direct', [direct()])
    expect(misses).toEqual([])
    expect(measured).toMatchObject({ told: 'direct udp', carried: 'direct', 'MB/s': '40.0' })
  })

  it('is judged by the median of its times', () => {
    const times = [9, 1, 2, 8, 2.5].map((connectedSeconds) => direct({ connectedSeconds }))
    expect(seen('direct', times)).toMatchObject({
      measured: { 'connected (s)': '2.50' },
      misses: [],
    })
    const late = [9, 1, 4, 8, 2.5].map((connectedSeconds) => direct({ connectedSeconds }))
    expect(seen('direct', late).misses).toEqual(['over 3 s to connect'])
  })

  it('is missed when the programs tell of another way than the packets went', () => {
    const told = transfer('relay', { alice: STRAIGHT, bob: STRAIGHT })
    expect(seen('direct', [direct(), told]).misses).toEqual(['both must tell of direct'])
    const gone = transfer('direct', { alice: BY_UDP, bob: BY_UDP })
    expect(seen('direct', [direct(), gone]).misses).toEqual(['it must go by direct'])
  })

  it('goes by TCP where one of the two reaches the relay by TCP', () => {
    const mixed = transfer('relay', { alice: BY_TCP443, bob: BY_UDP })
    expect(seen('relay over TCP 443', [mixed]).misses).toEqual([])
    const both = transfer('relay', { alice: BY_UDP, bob: BY_UDP })
    expect(seen('relay over TCP 443', [both]).misses).toEqual(['it must go by relay over TCP 443'])
  })

  it('is compared with the median of the bare channel', () => {
    const relayed = transfer('relay', { alice: BY_UDP, bob: BY_UDP })
    const good = seen('relay', [relayed], [10e6, 50e6, 90e6])
    expect(good).toMatchObject({ measured: { 'of bare': '0.80' }, misses: [] })
    expect(seen('relay', [relayed], [80e6]).misses).toEqual(['under 0.6 of a bare channel'])
  })

  it('is missed with what both sides said when something did not arrive', () => {
    const end = { status: 5, sentence: 'No way. Try another.' }
    const failed = direct({ arrived: false, ends: { alice: end, bob: { ...end, status: null } } })
    const { misses } = seen('direct', [failed])
    expect(misses[0]).toBe(
      'not all arrived: status 5 No way. Try another. | status null No way. Try another.',
    )
    expect(misses).toContain('both must tell of direct')
  })

  it('is missed when nothing could be measured', () => {
    const { connectedSeconds, bytesPerSecond, ...rest } = direct()
    expect(seen('direct', [rest]).misses).toEqual(['over 3 s to connect'])
    expect(seen('relay', [], [50e6]).misses).toContain('under 0.6 of a bare channel')
  })
})

describe('a cell without a path', () => {
  const why = { status: 5, sentence: 'The rendezvous offers no relay. Start it with --relay.' }

  function failure(alice: Transfer['ends']['alice'], bob: typeof alice, seconds = 12) {
    return direct({ arrived: false, seconds, ends: { alice, bob } })
  }

  it('is as it must be when both say why, in time', () => {
    const { measured, misses } = seen('no path', [failure(why, why)])
    expect(misses).toEqual([])
    expect(measured).toMatchObject({ status: '5', 'failed (s)': '12.0', sentence: why.sentence })
  })

  it.each([
    [failure(why, { ...why, status: 6 }), 'both must end with status 5'],
    [failure({ ...why, status: 0 }, { ...why, status: 0 }), 'both must end with status 5'],
    [failure(why, why, 21), 'over 20 s to fail'],
    [failure(why, { ...why, sentence: 'It failed' }), 'both must say why'],
  ])('is missed otherwise %#', (failed, miss) => {
    expect(seen('no path', [failed]).misses).toEqual([miss])
  })
})
