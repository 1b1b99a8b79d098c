import { describe, expect, it } from 'vitest'
import { MIB } from '../../src/limits.ts'
import type { LaneConditions } from '../../src/transfer/lane-load.ts'
import { LanePool } from '../../src/transfer/lane-pool.ts'
import type { TransferLane } from '../../src/transfer/ports.ts'
import { blindLane, outgoingChunk } from './outgoing-chunk.ts'

const CHUNK_BYTES = 1000

const longPath: LaneConditions = { nowMs: 0, rttMs: 50, baseRttMs: 50, preferred: 'udp' }

/** A pool of the first lane, over UDP, and one more for each transport given, from 1 on. */
function poolOf(...transports: TransferLane['transport'][]) {
  return poolOfLanes((['udp', ...transports] as const).map((over, at) => blindLane(at, over)))
}

/** A pool that began over a relay, by TCP, and has another such lane and a direct one by now. */
function improvedPool() {
  const relayed = [blindLane(0, 'tcp', 'relay'), blindLane(1, 'tcp', 'relay')]
  return poolOfLanes([...relayed, blindLane(2, 'udp')])
}

function poolOfLanes(lanes: readonly TransferLane[]) {
  const [first, ...further] = lanes
  if (first === undefined) throw new Error('no lane')
  const pool = new LanePool(first, 0)
  for (const lane of further) pool.add(lane, 0)
  const sent = new Map<number, number>()
  const send = (number: number, bytes: number, nowMs = 0) => {
    const chunk = outgoingChunk()
    const lane = lanes[number]
    if (lane === undefined) throw new Error('no such lane')
    pool.sent(lane, chunk, bytes, nowMs)
    sent.set(number, (sent.get(number) ?? 0) + bytes)
    return chunk
  }
  return { pool, send, sent }
}

/** Gives chunks away until no lane takes more; says how many each one got. */
function deal({ pool, send }: ReturnType<typeof poolOf>, conditions = longPath): number[] {
  const dealt: number[] = []
  for (;;) {
    const lane = pool.choose(CHUNK_BYTES, conditions)
    if (lane === undefined) return dealt
    send(lane.number, CHUNK_BYTES, conditions.nowMs)
    dealt[lane.number] = (dealt[lane.number] ?? 0) + 1
  }
}

describe('the pool of lanes', () => {
  it('has what is stuck on the first lane sent again, once, where there are others', () => {
    const alone = poolOf()
    const { pool, send } = poolOf('udp')
    for (const each of [alone, { pool, send }]) {
      each.send(0, CHUNK_BYTES)
      each.pool.pathWasAlive(5000)
    }
    const conditions = { ...longPath, nowMs: 5000 }
    expect(alone.pool.stuckOnFirst(conditions)).toEqual([])
    expect(pool.stuckOnFirst(conditions)).toHaveLength(1)
    expect(pool.stuckOnFirst(conditions)).toEqual([])
  })

  it('gives chunks to the lanes over the preferred transport first, and then to the others', () => {
    const lanes = poolOf('udp', 'tcp', 'udp')
    const order: number[] = []
    for (;;) {
      const lane = lanes.pool.choose(CHUNK_BYTES, { ...longPath, preferred: 'tcp' })
      if (lane === undefined) break
      lanes.send(lane.number, CHUNK_BYTES)
      order.push(lane.number)
    }
    expect(order.slice(0, 2)).toEqual([2, 2])
    expect([...order].sort()).toEqual([0, 0, 1, 1, 2, 2, 3, 3])
  })

  it('leaves lanes over a relay alone once a direct one has carried something', () => {
    const { pool, send } = improvedPool()
    send(2, 2 * MIB)
    pool.reported(new Map([[2, 2 * MIB]]), longPath)
    expect(pool.choose(CHUNK_BYTES, longPath)?.number).toBe(2)
    pool.retireRelayed()
    expect(pool.further.map(({ lane }) => lane.number)).toEqual([2])
    expect(pool.spent(0, 1000).map(({ lane }) => lane.number)).toEqual([1])
  })

  it('gives a direct lane all that is sent slowly, be others over the preferred transport', () => {
    const { pool, send } = improvedPool()
    for (let nowMs = 0; nowMs < 1000; nowMs += 100) {
      const conditions = { ...longPath, nowMs, preferred: 'tcp' } as const
      const lane = pool.choose(CHUNK_BYTES, conditions)
      expect(lane?.number).toBe(2)
      send(2, CHUNK_BYTES, nowMs)
      pool.reported(new Map([[2, (nowMs / 100 + 1) * CHUNK_BYTES]]), conditions)
    }
  })

  it('lets those over a relay carry what a direct lane cannot hold before it has delivered', () => {
    const dealt = deal(improvedPool(), { ...longPath, preferred: 'tcp' })
    expect(dealt).toEqual([2, 2, 2])
  })

  it('keeps the last direct lane where the first is over a relay, however idle', () => {
    const { pool } = improvedPool()
    const spent = () => pool.spent(5000, 4000).map(({ lane }) => lane.number)
    expect(spent()).toEqual([1])
    pool.add(blindLane(3, 'udp'), 0)
    expect(spent()).toEqual([1, 3])
    pool.remove(3)
    pool.remove(1)
    expect(spent()).toEqual([])
    expect(poolOf('udp').pool.spent(5000, 4000)).toHaveLength(1)
  })

  it('gives chunks in turn to all lanes that are equally full', () => {
    expect(deal(poolOf('udp', 'udp', 'udp'))).toEqual([2, 2, 2, 2])
  })

  it('lets a lane hold little that delivers little, and gives the rest to the others', () => {
    const lanes = poolOf('udp', 'udp')
    for (const number of [1, 2]) lanes.send(number, MIB)
    lanes.pool.reported(new Map([[1, MIB]]), { ...longPath, nowMs: 50 })
    const dealt = deal(lanes, { ...longPath, nowMs: 60 })
    expect(dealt[2]).toBeUndefined()
    expect(dealt[1]).toBeGreaterThan(1000)
  })

  it('leaves the first lane to control once the others have shown that they work', () => {
    const lanes = poolOf('udp')
    lanes.send(1, MIB)
    expect(deal(lanes)[0]).toBe(2)
    lanes.pool.reported(
      new Map([
        [1, MIB],
        [0, 2 * CHUNK_BYTES],
      ]),
      { ...longPath, nowMs: 50 },
    )
    expect(deal(lanes, { ...longPath, nowMs: 60 })[0]).toBeUndefined()
    lanes.pool.remove(1)
    expect(deal(lanes, { ...longPath, nowMs: 70 })[0]).toBeGreaterThanOrEqual(2)
  })

  it('counts what lanes that are gone have delivered, and gives back the rest', () => {
    const { pool, send } = poolOf('udp', 'udp')
    send(1, 1000)
    const lost = send(1, 1000)
    send(2, 500)
    pool.reported(new Map([[1, 1000]]), longPath)
    expect(pool.remove(1)).toEqual([lost])
    expect([pool.deliveredBytes, pool.outstandingBytes]).toEqual([1000, 500])
    expect(pool.remove(1)).toEqual([])
  })

  it('takes no notice of reports about lanes that there are not', () => {
    const { pool, send } = poolOf('udp')
    send(1, 1000)
    pool.reported(
      new Map([
        [7, 1000],
        [1, 5000],
        [0, 1],
      ]),
      longPath,
    )
    expect([pool.deliveredBytes, pool.outstandingBytes]).toEqual([0, 1000])
  })

  it('finds the lanes that stall only as long as the path is alive, and never the first', () => {
    const { pool, send } = poolOf('udp', 'udp', 'udp')
    for (const number of [0, 1, 2]) send(number, 2000)
    let received = 0
    const beat = (isAlive: boolean) => {
      if (isAlive) pool.pathWasAlive(15)
      received = Math.min(2000, received + 10)
      pool.reported(new Map([[2, received]]), longPath)
    }
    for (let beats = 0; beats < 100; beats += 1) beat(false)
    expect(pool.stalled(longPath)).toEqual([])
    for (let beats = 0; beats < 80; beats += 1) beat(true)
    expect(pool.stalled(longPath).map(({ lane }) => lane.number)).toEqual([1])
  })

  it('gives retired lanes nothing more, and lets them go when they have delivered', () => {
    const { pool, send } = poolOf('udp', 'udp', 'udp')
    for (const number of [2, 3]) send(number, 1000)
    pool.retireNewest(1)
    expect(pool.further.map(({ lane }) => lane.number)).toEqual([1, 2])
    expect(deal({ pool, send, sent: new Map() })[3]).toBeUndefined()
    expect(pool.spent(0, 4000)).toEqual([])
    pool.reported(new Map([[3, 1000]]), { ...longPath, nowMs: 50 })
    expect(pool.spent(50, 4000).map(({ lane }) => lane.number)).toEqual([3])
    expect(pool.deliveredBytes).toBe(1000)
  })

  it('has a retired lane that stalls replaced like the others', () => {
    const { pool, send } = poolOf('udp', 'udp')
    send(2, 1000)
    pool.retireNewest(1)
    pool.pathWasAlive(5000)
    expect(pool.stalled(longPath).map(({ lane }) => lane.number)).toEqual([2])
  })

  it('is more patient with lanes on a longer path', () => {
    const { pool, send } = poolOf('udp')
    send(1, 1000)
    pool.pathWasAlive(1500)
    expect(pool.stalled({ ...longPath, rttMs: 300 })).toEqual([])
    expect(pool.stalled(longPath)).toHaveLength(1)
  })

  it('gives each late chunk once, wherever it is', () => {
    const { pool, send } = poolOf('udp')
    const [one, two] = [send(0, 1000), send(1, 1000)]
    send(1, 1000, 900)
    const late = { ...longPath, nowMs: 1000 }
    expect(pool.late(late)).toEqual([one, two])
    expect(pool.late(late)).toEqual([])
  })

  it('knows which lanes have carried something lately', () => {
    const { pool, send } = poolOf('udp', 'tcp')
    for (const number of [1, 2]) send(number, 1000)
    pool.reported(new Map([[1, 1000]]), { ...longPath, nowMs: 100 })
    pool.reported(new Map([[2, 1000]]), { ...longPath, nowMs: 300 })
    const numbers = (sinceMs: number) => pool.carriers(sinceMs).map(({ number }) => number)
    expect([numbers(50), numbers(200), numbers(300)]).toEqual([[1, 2], [2], []])
  })
})
