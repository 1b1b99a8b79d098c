import { describe, expect, it } from 'vitest'
import { SendingRate } from '../../src/diagnosis/sending-rate.ts'
import { decodeSpeedMessage, encodeSpeedMessage } from '../../src/diagnosis/speed-message.ts'
import { testSpeed } from '../../src/diagnosis/speed-test.ts'
import { ShareError } from '../../src/errors.ts'
import { MAX_LANE_FLIGHT_BYTES, MIB, MIN_SPEED_WINDOW_BYTES } from '../../src/limits.ts'
import { memoryLanes } from './memory-lanes.ts'

const { signal } = new AbortController()
const some = { durationMs: 100, maxBytes: 4 * MIB, signal }

describe('measuring a lane', () => {
  it('finds what it carries, both ways, and both ends agree', async () => {
    const [near, far] = memoryLanes()
    const [first, second] = await Promise.all([
      testSpeed({ ...some, lane: near, isFirst: true }),
      testSpeed({ ...some, lane: far, isFirst: false }),
    ])
    expect(first.sending).toBeGreaterThan(0)
    expect(first.receiving).toBeGreaterThan(0)
    expect(second).toEqual({ sending: first.receiving, receiving: first.sending })
  })

  it('ends with the error of the lane', async () => {
    const [near] = memoryLanes()
    const running = testSpeed({ ...some, lane: near, isFirst: true })
    near.end(new ShareError('interrupted', 'gone'))
    await expect(running).rejects.toMatchObject({ code: 'interrupted', message: 'gone' })
  })

  it('ends when it is stopped', async () => {
    const stop = new AbortController()
    const [near] = memoryLanes()
    const running = testSpeed({ ...some, lane: near, isFirst: true, signal: stop.signal })
    stop.abort(new ShareError('stopped-sigint', 'Stopped'))
    await expect(running).rejects.toMatchObject({ code: 'stopped-sigint' })
  })

  it.each([
    ['confirms what was never sent', encodeSpeedMessage({ type: 'received', bytes: 1e9 })],
    ['says nothing that is known', Uint8Array.of(9)],
    ['greets twice', encodeSpeedMessage({ type: 'hello' })],
    ['confirms less than nothing', Uint8Array.of(2, 0xbf, 0xf0, 0, 0, 0, 0, 0, 0)],
    ['has a rate that is no number', Uint8Array.of(3, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0)],
  ])('does not believe a side that %s', async (_title, message) => {
    const [near, far] = memoryLanes()
    const running = testSpeed({ ...some, lane: near, isFirst: true })
    far.send([encodeSpeedMessage({ type: 'hello' })])
    far.send([message])
    await expect(running).rejects.toMatchObject({ code: 'protocol' })
  })

  it('takes no more than was agreed', async () => {
    const [near, far] = memoryLanes()
    const running = testSpeed({ ...some, lane: near, isFirst: false })
    far.send([encodeSpeedMessage({ type: 'hello' })])
    const data = new Uint8Array(64 * 1024).fill(1, 0, 1)
    for (let sent = 0; sent < some.maxBytes + 4 * data.length; sent += data.length) far.send([data])
    await expect(running).rejects.toMatchObject({ code: 'protocol' })
  })
})

describe('a rate', () => {
  it('leaves the slow start out', () => {
    const rate = new SendingRate(0)
    for (const [atMs, bytes] of [
      [500, 10],
      [1000, 20],
      [1500, 520],
      [2000, 1020],
    ] as const) {
      rate.delivered(bytes, atMs)
    }
    expect(rate.bytesPerSecond).toBe(1000)
  })

  it('of a single confirmation is that since the start', () => {
    const rate = new SendingRate(1000)
    expect(rate.bytesPerSecond).toBe(0)
    rate.delivered(500, 1500)
    expect(rate.bytesPerSecond).toBe(1000)
  })

  it('lets twice the last second be under way, within bounds', () => {
    const rate = new SendingRate(0)
    expect(rate.windowBytes(0)).toBe(MIN_SPEED_WINDOW_BYTES)
    rate.delivered(MIB, 500)
    expect(rate.windowBytes(600)).toBe(2 * MIB)
    expect(rate.windowBytes(1600)).toBe(MIN_SPEED_WINDOW_BYTES)
    rate.delivered(9 * MIB, 1700)
    expect(rate.windowBytes(1700)).toBe(MAX_LANE_FLIGHT_BYTES)
  })
})

it('a message with a number survives its encoding', () => {
  const message = { type: 'end', bytesPerSecond: 123_456.789 } as const
  expect(decodeSpeedMessage(encodeSpeedMessage(message))).toEqual(message)
})
