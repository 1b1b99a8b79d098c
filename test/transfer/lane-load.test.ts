import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  EARLY_BYTES,
  MAX_EARLY_UDP_FLIGHT_BYTES,
  MAX_LANE_FLIGHT_BYTES,
  MAX_TCP_FLIGHT_BYTES,
} from '../../src/limits.ts'
import { LaneLoad } from '../../src/transfer/lane-load.ts'
import { blindLane, outgoingChunk } from './outgoing-chunk.ts'

const CHUNK_BYTES = 1000

const loadOf = (chunks: number, atMs = 0) => {
  const load = new LaneLoad(blindLane(1, 'udp'), atMs)
  for (let sent = 0; sent < chunks; sent += 1) load.add(outgoingChunk(), CHUNK_BYTES, atMs)
  return load
}

/** Fills the lane as far as it lets itself be filled; says how much it holds then. */
function fill(load: LaneLoad, nowMs: number, rttMs: number): number {
  const conditions = { nowMs, rttMs, baseRttMs: rttMs, preferred: 'udp' } as const
  while (load.fullness(CHUNK_BYTES, conditions) < 1) load.add(outgoingChunk(), CHUNK_BYTES, nowMs)
  return load.outstandingBytes
}

describe('the load of a lane', () => {
  it('is what was given to it and has not arrived, by whole chunks', () => {
    const load = loadOf(3)
    load.delivered(1500, 10, 10)
    expect(load.outstandingBytes).toBe(1500)
    expect(load.chunks).toHaveLength(2)
    load.delivered(3000, 20, 10)
    expect([load.outstandingBytes, load.chunks.length]).toEqual([0, 0])
  })

  it('takes no notice of reports that are old or cannot be true', () => {
    const report = fc.record({ bytes: fc.integer({ min: 0, max: 5000 }), afterMs: fc.nat(50) })
    fc.assert(
      fc.property(fc.array(report), (reports) => {
        const load = loadOf(3)
        let [most, nowMs] = [0, 0]
        for (const { bytes, afterMs } of reports) {
          nowMs += afterMs
          load.delivered(bytes, nowMs, 10)
          if (bytes <= 3000) most = Math.max(most, bytes)
          expect(load.deliveredBytes).toBe(most)
          expect(load.chunks).toHaveLength(Math.ceil((3000 - most) / CHUNK_BYTES))
          expect(load.deliveredSince(nowMs)).toBe(0)
          expect(load.deliveredSince(-1)).toBeLessThanOrEqual(most)
        }
      }),
    )
  })

  it('holds two chunks before anything has arrived', () => {
    expect(fill(loadOf(0), 0, 50)).toBe(2 * CHUNK_BYTES)
  })

  it('may hold twice what it delivered in the last round trip, so that it can grow', () => {
    const load = loadOf(0)
    let heldBefore = fill(load, 0, 100)
    for (let nowMs = 100; nowMs <= 500; nowMs += 100) {
      load.delivered(load.deliveredBytes + load.outstandingBytes, nowMs, 100)
      const held = fill(load, nowMs, 100)
      expect(held).toBe(2 * heldBefore + 2 * CHUNK_BYTES)
      heldBefore = held
    }
  })

  it('forgets what it delivered long ago', () => {
    const load = loadOf(100)
    load.delivered(100_000, 50, 50)
    expect(load.deliveredSince(0)).toBe(100_000)
    expect(fill(load, 1000, 50)).toBe(2 * CHUNK_BYTES)
  })

  it.each([
    ['the engine takes', 'udp', 50, MAX_LANE_FLIGHT_BYTES],
    ['the engine takes on a short path over TCP', 'tcp', 1, MAX_LANE_FLIGHT_BYTES],
    ['the engine takes on a short path', 'udp', 1, MAX_LANE_FLIGHT_BYTES],
    ['a socket buffer holds on a long path over TCP', 'tcp', 50, MAX_TCP_FLIGHT_BYTES],
  ] as const)('never holds more than %s', (_, transport, rttMs, mostBytes) => {
    const load = new LaneLoad(blindLane(1, transport), 0)
    load.add(outgoingChunk(), 100 * mostBytes, 0)
    load.delivered(100 * mostBytes, 10, 1)
    const conditions = { nowMs: 10, rttMs, baseRttMs: rttMs, preferred: transport }
    const bytes = mostBytes / 10
    while (load.fullness(bytes, conditions) < 1) load.add(outgoingChunk(), bytes, 10)
    expect(load.outstandingBytes).toBeGreaterThan(mostBytes - bytes)
    expect(load.outstandingBytes).toBeLessThan(mostBytes + bytes)
  })

  it('holds no more at the beginning of a short path over UDP than a socket buffer holds', () => {
    const load = new LaneLoad(blindLane(1, 'udp'), 0)
    load.add(outgoingChunk(), EARLY_BYTES - 1, 0)
    load.delivered(EARLY_BYTES - 1, 10, 1)
    expect(fill(load, 10, 1)).toBeLessThan(MAX_EARLY_UDP_FLIGHT_BYTES + CHUNK_BYTES)
    load.delivered(EARLY_BYTES - 1 + CHUNK_BYTES, 12, 1)
    expect(fill(load, 12, 1)).toBeGreaterThan(2 * MAX_EARLY_UDP_FLIGHT_BYTES)
  })

  it('is idle from when its last chunk arrived', () => {
    const load = loadOf(1)
    expect(load.idleMs(1000)).toBe(0)
    load.delivered(CHUNK_BYTES, 1500, 10)
    expect(load.idleMs(1700)).toBe(200)
  })

  it('stalls while it holds something, the path is alive and nothing arrives', () => {
    const load = loadOf(2)
    for (let times = 0; times < 5; times += 1) load.pathWasAlive(15)
    expect(load.stalledMs).toBe(75)
    load.delivered(CHUNK_BYTES, 100, 10)
    expect(load.stalledMs).toBe(0)
    load.delivered(2 * CHUNK_BYTES, 110, 10)
    load.pathWasAlive(15)
    expect(load.stalledMs).toBe(0)
  })

  it('gives each late chunk once', () => {
    const load = loadOf(2, 0)
    load.add(outgoingChunk(), CHUNK_BYTES, 100)
    expect(load.takeLate(50)).toHaveLength(2)
    expect(load.takeLate(50)).toHaveLength(0)
    expect(load.takeLate(101)).toHaveLength(1)
    expect(load.chunks).toHaveLength(3)
  })
})
