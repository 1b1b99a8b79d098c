import { describe, expect, it } from 'vitest'
import { describeTraffic, judge, LIMITS, type Observation } from './nat-marks.mjs'

const MIB = 1024 * 1024
const NOTHING = { peer: 0, relayUdp: 0, relayTcp443: 0, relayTcpElsewhere: 0 }
const STRAIGHT = { ...NOTHING, peer: 70 * MIB, relayUdp: 9000 }
const BY_UDP = { ...NOTHING, relayUdp: 70 * MIB }
const BY_TCP443 = { ...NOTHING, relayTcp443: 70 * MIB, peer: 9000 }
const BOTH_WAYS = { ...NOTHING, relayTcp443: 30 * MIB, peer: 40 * MIB }

type Transfer = Observation['transfers'][number]

function transfer(path: string, traffic: Transfer['traffic'], more: Partial<Transfer> = {}) {
  const end = { status: 0, sentence: '', path, transport: 'udp', lastPath: path }
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
  return judge({ expected, transfers, bareBytesPerSecond, unmet: [] }, LIMITS)
}

describe('the way of the bytes', () => {
  it('is told by what passed at the machine, the most first', () => {
    expect(describeTraffic(STRAIGHT)).toBe('direct')
    expect(describeTraffic(BOTH_WAYS)).toBe('direct 57 %, relay over TCP 443 43 %')
    expect(describeTraffic({ ...NOTHING, relayTcpElsewhere: 1 })).toBe('relay over TCP')
    expect(describeTraffic(NOTHING)).toBe('')
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
    const { ends, ...mixed } = transfer('relay', { alice: BY_TCP443, bob: BY_UDP })
    const overTcp = { ...ends, alice: { ...ends.alice, transport: 'tcp' } }
    expect(seen('relay over TCP 443', [{ ...mixed, ends: overTcp }]).misses).toEqual([])
    expect(seen('relay over TCP 443', [{ ...mixed, ends }]).misses).toEqual([
      'both must tell of relay over TCP 443',
    ])
    const both = transfer('relay', { alice: BY_UDP, bob: BY_UDP }, { ends: overTcp })
    expect(seen('relay over TCP 443', [both]).misses).toEqual(['it must go by relay over TCP 443'])
  })

  it('may not exchange a packet but by the relay where it is to be hidden', () => {
    const hidden = transfer('relay', { alice: BY_UDP, bob: BY_UDP })
    expect(seen('nothing but relay', [hidden]).misses).toEqual([])
    const seenOnce = transfer('relay', { alice: { ...BY_UDP, peer: 40 }, bob: BY_UDP })
    expect(seen('relay', [seenOnce]).misses).toEqual([])
    expect(seen('nothing but relay', [seenOnce]).misses).toEqual([
      'it must go by nothing but relay',
    ])
  })

  it('goes straight in the end where that becomes possible', () => {
    const { ends, ...rest } = transfer('relay', { alice: BOTH_WAYS, bob: BOTH_WAYS })
    const end = { ...ends.alice, lastPath: 'direct' }
    const moved = seen('direct in the end', [{ ...rest, ends: { alice: end, bob: end } }])
    expect(moved).toMatchObject({ measured: { told: 'relay udp, then direct' }, misses: [] })
    const stayed = transfer('relay', { alice: BY_TCP443, bob: BY_UDP })
    expect(seen('direct in the end', [stayed]).misses).toEqual([
      'both must tell of direct in the end',
      'it must go by direct in the end',
    ])
  })

  it('is missed when what happens to it meanwhile has no effect', () => {
    const unmet = ['the relay must be started again']
    const observation = { expected: 'direct', transfers: [direct()], bareBytesPerSecond: [], unmet }
    expect(judge(observation as Observation, LIMITS).misses).toEqual(unmet)
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

  it('may not tell of a connection before', () => {
    const connected = failure({ ...why, path: 'relay' }, why)
    expect(seen('no path', [connected]).misses).toEqual(['none may tell of a connection'])
  })

  it('is as it must be when both say why, in time', () => {
    const { measured, misses } = seen('no path', [failure(why, why)])
    expect(misses).toEqual([])
    expect(measured).toMatchObject({ status: '5', 'failed (s)': '12.0', sentence: why.sentence })
  })

  it('is missed when one does not say the reason that is known', () => {
    const transfers = [failure(why, { ...why, sentence: `Symmetric NATs. ${why.sentence}` })]
    const observation = {
      expected: 'no path' as const,
      transfers,
      bareBytesPerSecond: [],
      unmet: [],
    }
    const { misses } = judge({ ...observation, reason: 'Symmetric NAT' }, LIMITS)
    expect(misses).toEqual(['both must say Symmetric NAT'])
  })

  it.each([
    [failure(why, { ...why, status: 6 }), 'both must end with status 5'],
    [failure({ ...why, status: 0 }, why), 'both must end with status 5'],
    [failure(why, why, 21), 'over 20 s to fail'],
    [failure(why, { ...why, sentence: 'It failed' }), 'both must say why'],
  ])('is missed otherwise %#', (failed, miss) => {
    expect(seen('no path', [failed]).misses).toEqual([miss])
  })
})
