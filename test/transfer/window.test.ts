import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type PathSample, Window } from '../../src/transfer/window.ts'
import { BIN_MS, type FlowResult, type SimulationResult, simulate } from './simulate.ts'
import { type FlowOptions, MAX_WINDOW_BYTES } from './simulated-flow.ts'
import { PACKET_BYTES } from './simulated-link.ts'

const KIB = 1024
const PROPERTY_TIMEOUT_MS = 60_000

/** Payload of `flow` from one second to another, as a share of what the line could carry. */
function share(result: SimulationResult, flow: FlowResult | undefined, from: number, to: number) {
  const between = (bytes: readonly number[] = []) => {
    const until = (seconds: number) => bytes[Math.round((seconds * 1000) / BIN_MS) - 1] ?? 0
    return until(to) - until(from)
  }
  return between(flow?.deliveredBytes) / between(result.attainableBytes)
}

/** The longest time without any arrival, after the first second. */
function longestStallMs({ deliveredBytes }: FlowResult): number {
  let longest = 0
  let bins = 0
  for (let at = 10; at < deliveredBytes.length; at += 1) {
    bins = deliveredBytes[at] === deliveredBytes[at - 1] ? bins + 1 : 0
    longest = Math.max(longest, bins)
  }
  return longest * BIN_MS
}

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length

/** One flow on a line; `from` to `to` in seconds is where it is judged. */
interface Mark {
  name: string
  megabits: number
  rttMs: number
  queueMs: number
  loss?: number
  flow: FlowOptions
  from: number
  to: number
  least: number
}

const marks: Mark[] = [
  mark('200 Mbit/s, 20 ms, from the start', [200, 20, 50], { lanes: 4 }, [0, 10], 0.93),
  mark('200 Mbit/s, 100 ms, a queue of half that', [200, 100, 50], { lanes: 4 }, [3, 10], 0.9),
  mark('the same, eight lanes', [200, 100, 50], { lanes: 8 }, [3, 10], 0.9),
  mark('the same, sixteen lanes', [200, 100, 50], { lanes: 16 }, [3, 10], 0.9),
  mark('200 Mbit/s, 100 ms, a long queue', [200, 100, 200], { lanes: 8 }, [3, 10], 0.9),
  mark('500 Mbit/s, 150 ms', [500, 150, 100], { lanes: 16 }, [4, 15], 0.9),
  mark('1 Gbit/s, 5 ms, a short queue', [1000, 5, 20], { lanes: 4 }, [1, 6], 0.9),
  mark('1 Gbit/s, 10 ms, a short queue', [1000, 10, 20], { lanes: 4 }, [1, 6], 0.9),
  mark('a LAN of 1 Gbit/s', [1000, 1, 100], { lanes: 2 }, [0, 4], 0.9),
  mark('a loopback of 200 MB/s', [1800, 0.5, 100], { lanes: 2 }, [0, 4], 0.9),
  mark('20 Mbit/s, 40 ms, a long queue', [20, 40, 300], { lanes: 4 }, [0, 20], 0.9),
  mark('DSL of 2 Mbit/s, a very long queue', [2, 80, 500], { lanes: 1 }, [2, 20], 0.9),
  mark('DSL, four lanes', [2, 80, 500], { lanes: 4 }, [2, 20], 0.9),
  mark('a satellite', [20, 600, 200], { lanes: 8 }, [20, 40], 0.85),
  mark('a busy event loop', [200, 20, 50], { lanes: 8, noise: 0.9 }, [1, 10], 0.9),
  mark('a sender that looks every 15 ms', [200, 100, 50], { lanes: 8, pollMs: 15 }, [3, 10], 0.9),
  mark(
    'a single connection for bulk and probes',
    [200, 20, 100],
    { lanes: 1, hasOneConnection: true },
    [1, 10],
    0.9,
  ),
]

function mark(
  name: string,
  [megabits, rttMs, queueMs]: [number, number, number],
  flow: FlowOptions,
  [from, to]: [number, number],
  least: number,
): Mark {
  return { name, megabits, rttMs, queueMs, flow, from, to, least }
}

describe('one transfer on a line', () => {
  it.each(marks)('fills it without losing a packet: $name', (each) => {
    const result = simulate(each, [each.flow], each.to)
    const [flow] = result.flows
    expect(share(result, flow, each.from, each.to)).toBeGreaterThan(each.least)
    expect(result.droppedPackets).toBe(0)
    expect(flow?.collapses).toBe(0)
  })

  it('adds little delay to a line with a long queue', () => {
    const result = simulate({ megabits: 20, rttMs: 40, queueMs: 300 }, [{ lanes: 4 }], 20)
    expect(mean(result.queueMs)).toBeLessThan(60)
    expect(Math.max(...result.queueMs)).toBeLessThan(150)
  })

  it.each([
    [0.001, 16, 0.6],
    [0.01, 32, 0.3],
    [0.01, 48, 0.4],
  ])('does not shrink at random loss of %f (%i lanes)', (loss, lanes, least) => {
    const line = { megabits: 200, rttMs: 50, queueMs: 50, loss }
    const result = simulate(line, [{ lanes }], 15)
    expect(share(result, result.flows[0], 2, 15)).toBeGreaterThan(least)
  })

  it('learns from the lanes that it loses how much a short queue holds', () => {
    const result = simulate({ megabits: 1000, rttMs: 1, queueMs: 20 }, [{ lanes: 4 }], 8)
    expect(share(result, result.flows[0], 4, 8)).toBeGreaterThan(0.8)
  })
})

describe('a line that changes', () => {
  it.each([
    [20, 100],
    [40, 100],
    [100, 100],
  ])('follows 100 -> 10 -> 100 Mbit/s without a stall (%i ms)', (rttMs, queueMs) => {
    const megabits = (atMs: number) => (atMs > 8000 && atMs < 16_000 ? 10 : 100)
    const result = simulate({ megabits, rttMs, queueMs }, [{ lanes: 8 }], 26)
    const [flow] = result.flows
    expect(share(result, flow, 13, 16)).toBeGreaterThan(0.8)
    expect(share(result, flow, 21, 26)).toBeGreaterThan(0.8)
    expect(flow && longestStallMs(flow)).toBeLessThan(2000)
    expect(mean(result.queueMs.slice(130, 160))).toBeLessThan(100)
  })

  it.each([
    [40, 90],
    [90, 40],
    [20, 220],
  ])('takes a path of %i ms that becomes one of %i ms for what it is', (before, after) => {
    const rttMs = (atMs: number) => (atMs > 6000 ? after : before)
    const result = simulate({ megabits: 100, rttMs, queueMs: 100 }, [{ lanes: 8 }], 18)
    expect(share(result, result.flows[0], 13, 18)).toBeGreaterThan(0.85)
    expect(mean(result.queueMs.slice(-50))).toBeLessThan(40)
  })

  it('takes what another transfer leaves', () => {
    const line = { megabits: 100, rttMs: 40, queueMs: 100 }
    const result = simulate(line, [{ lanes: 4, supply: 3e6 }, { lanes: 4 }], 12)
    expect(share(result, result.flows[0], 2, 12)).toBeGreaterThan(0.24)
    expect(share(result, result.flows[1], 2, 12)).toBeGreaterThan(0.68)
  })
})

describe('two transfers on one line', () => {
  it.each([
    [200, 40, 50],
    [200, 20, 50],
    [100, 100, 100],
    [100, 10, 60],
    [50, 20, 60],
    [20, 40, 300],
  ])('share it, also if one comes later (%i Mbit/s, %i ms, queue %i ms)', (...path) => {
    const [megabits, rttMs, queueMs] = path
    const flows = [{ lanes: 8 }, { lanes: 8, startMs: 3000 }]
    const result = simulate({ megabits, rttMs, queueMs }, flows, 17)
    const [first, second] = result.flows.map((flow) => share(result, flow, 11, 17))
    expect(first).toBeGreaterThan(0.35)
    expect(first).toBeLessThan(0.65)
    expect(second).toBeGreaterThan(0.35)
    expect(second).toBeLessThan(0.65)
  })

  it('leave room for a third and a fourth', () => {
    const line = { megabits: 100, rttMs: 40, queueMs: 100 }
    const flows = [0, 2000, 4000, 6000].map((startMs) => ({ lanes: 4, startMs }))
    const result = simulate(line, flows, 24)
    for (const flow of result.flows) {
      expect(share(result, flow, 16, 24)).toBeGreaterThan(0.15)
      expect(share(result, flow, 16, 24)).toBeLessThan(0.4)
    }
  })
})

/** Evenly spread over orders of magnitude. */
const scale = (least: number, greatest: number) =>
  fc.double({ min: 0, max: 1, noNaN: true }).map((place) => least * (greatest / least) ** place)

const anyLink = fc.record({
  megabits: scale(1, 1000),
  rttMs: scale(1, 300),
  queueMs: scale(20, 500),
  loss: fc.oneof(fc.constant(0), scale(1e-5, 1e-2)),
  lanes: scale(1, 32).map(Math.round),
  seed: fc.integer(),
})

type AnyLink = typeof anyLink extends fc.Arbitrary<infer Link> ? Link : never

const bytesPerMs = (megabits: number) => megabits * 115
const seconds = (rttMs: number) => Math.ceil(Math.min(30, Math.max(8, rttMs / 12)))

/**
 * Queues as access lines have them: 60 ms, half a round trip, 384 KiB; and no more lanes than
 * the path has work for.
 */
const roomyLink = anyLink.map((link) => {
  const rate = bytesPerMs(link.megabits)
  const leastMs = link.rttMs < 5 ? 100 : 60
  const queueMs = Math.max(link.queueMs, leastMs, link.rttMs / 2, (384 * KIB) / rate)
  const most = Math.max(1, Math.floor((rate * (link.rttMs + 10)) / (32 * KIB)))
  return { ...link, loss: 0, queueMs, lanes: Math.min(link.lanes, most) }
})

/** What so many Reno lanes can carry under loss (Mathis et al. 1997), as a share of the line. */
function lossBound({ megabits, rttMs, loss, lanes }: AnyLink) {
  if (loss === 0) return 1
  const bytesPerMsAndLane = (1.22 * PACKET_BYTES) / (rttMs * Math.sqrt(loss))
  return Math.min(1, (lanes * bytesPerMsAndLane) / bytesPerMs(megabits))
}

function assertBounds({ samples }: FlowResult): void {
  for (const { windowBytes, chunkBytes } of samples) {
    expect(windowBytes).toBeGreaterThanOrEqual(chunkBytes)
    expect(windowBytes).toBeLessThanOrEqual(MAX_WINDOW_BYTES)
  }
}

describe('any line', () => {
  it(
    'is filled without loss if its queue is an ordinary one',
    () => {
      const property = fc.property(roomyLink, (link) => {
        const end = seconds(link.rttMs)
        const result = simulate(link, [{ lanes: link.lanes }], end, link.seed)
        const [flow] = result.flows
        expect(share(result, flow, end * 0.6, end)).toBeGreaterThan(0.75)
        expect(flow?.collapses).toBe(0)
      })
      fc.assert(property, { numRuns: 300 })
    },
    PROPERTY_TIMEOUT_MS,
  )

  it(
    'goes on being used, however short its queue and whatever it loses',
    () => {
      const property = fc.property(anyLink, (link) => {
        const lanes = Math.max(4, link.lanes)
        const end = seconds(link.rttMs)
        const result = simulate(link, [{ lanes }], end, link.seed)
        const [flow] = result.flows
        const bound = lossBound({ ...link, lanes })
        expect(share(result, flow, end * 0.6, end)).toBeGreaterThan(0.05 * bound)
        if (flow) assertBounds(flow)
      })
      fc.assert(property, { numRuns: 200 })
    },
    PROPERTY_TIMEOUT_MS,
  )
})

const anyEvent = fc.record({
  kind: fc.constantFrom('sample', 'sample', 'sample', 'overdue', 'laneLost', 'room'),
  elapsedMs: scale(0.01, 10_000),
  rttMs: scale(0.01, 20_000),
  deliveredBytes: fc.integer({ min: 0, max: 2 ** 31 }),
  inFlightBytes: fc.integer({ min: 0, max: 2 ** 28 }),
  isWindowLimited: fc.boolean(),
  lanes: fc.integer({ min: 0, max: 64 }),
  chunkBytes: fc.integer({ min: 1024, max: 256 * KIB }),
})

describe('a window', () => {
  it('stays within its bounds whatever it is told', () => {
    const property = fc.property(fc.array(anyEvent, { maxLength: 200 }), (events) => {
      const window = new Window({ maxBytes: MAX_WINDOW_BYTES })
      let atMs = 0
      let deliveredBytes = 0
      for (const { kind, elapsedMs, ...event } of events) {
        atMs += elapsedMs
        deliveredBytes += event.deliveredBytes
        if (kind === 'sample') window.sample({ ...event, atMs, deliveredBytes })
        else if (kind === 'overdue') window.overdue(atMs, atMs - event.rttMs)
        else if (kind === 'laneLost') window.laneLost(atMs)
        const room = window.roomAt(atMs, deliveredBytes, event.inFlightBytes)
        expect(room + event.inFlightBytes).toBeLessThanOrEqual(2 ** 33)
        expect(window.bytes).toBeGreaterThanOrEqual(1024)
        expect(window.bytes).toBeLessThanOrEqual(MAX_WINDOW_BYTES)
      }
    })
    fc.assert(property, { numRuns: 300 })
  })

  const sample: PathSample = {
    atMs: 1000,
    rttMs: 50,
    deliveredBytes: 0,
    inFlightBytes: 64 * KIB,
    isWindowLimited: true,
    lanes: 4,
    chunkBytes: 16 * KIB,
  }

  /** What has arrived at the end of this. */
  const SETTLED_BYTES = 99 * 150_000

  /** A window on a path of 50 ms that delivers 10 MB/s; `queueMs` joins after a second. */
  function settled(queueMs: number, isWindowLimited = true): Window {
    const window = new Window({ maxBytes: MAX_WINDOW_BYTES })
    for (let step = 0; step < 100; step += 1) {
      const rttMs = step < 66 ? 50 : 50 + queueMs
      const deliveredBytes = step * 150_000
      const inFlightBytes = window.bytes
      const atMs = 1000 + step * 15
      window.sample({ ...sample, atMs, rttMs, deliveredBytes, inFlightBytes, isWindowLimited })
    }
    return window
  }

  it('lets something be sent before anything is known', () => {
    const window = new Window({ maxBytes: MAX_WINDOW_BYTES })
    expect(window.roomAt(5000, 0, 0)).toBeGreaterThanOrEqual(16 * KIB)
  })

  it('tells the rate, the base and the queue', () => {
    const window = settled(30)
    expect(window.rateBytesPerSecond).toBeCloseTo(10e6, -5)
    expect(window.baseRttMs).toBe(50)
    expect(window.queueMs).toBe(30)
  })

  it('grows while there is no queue, and gives way to one', () => {
    expect(settled(0).bytes).toBeGreaterThan(500_000)
    expect(settled(100).bytes).toBeLessThan(0.7 * settled(0).bytes)
  })

  it('does not grow on account of a sender that had nothing more to send', () => {
    expect(settled(0, false).bytes).toBe(64 * KIB)
  })

  it('does not take one late answer for a queue', () => {
    const window = settled(0)
    const before = window.bytes
    const last = { atMs: 2500, deliveredBytes: 15_000_000, inFlightBytes: before }
    window.sample({ ...sample, ...last, rttMs: 80 })
    expect(window.bytes).toBeGreaterThanOrEqual(before)
  })

  it('withholds what should have arrived while probes stay out', () => {
    const window = settled(0)
    const before = window.bytes
    window.overdue(2500, 2400)
    expect(window.bytes).toBe(before)
    window.overdue(2560, 2400)
    expect(window.bytes).toBeLessThan(before)
    window.overdue(9000, 2400)
    expect(window.bytes).toBe(before / 2)
  })

  it('gives it back when the answer shows no queue, and keeps it when it shows one', () => {
    const answered = (rttMs: number) => {
      const window = settled(0)
      const sentBytes = SETTLED_BYTES + window.bytes
      const deliveredBytes = SETTLED_BYTES + 150_000
      window.overdue(2600, 2400)
      for (const atMs of [2610, 2615]) {
        const inFlightBytes = sentBytes - deliveredBytes
        window.sample({ ...sample, atMs, rttMs, deliveredBytes, inFlightBytes })
      }
      return window.bytes
    }
    expect(answered(50)).toBeGreaterThan(0.95 * settled(0).bytes)
    expect(answered(250)).toBeLessThan(0.9 * settled(0).bytes)
  })

  it('spreads a window over time when much becomes free at once', () => {
    const window = settled(0)
    const deliveredBytes = SETTLED_BYTES + window.bytes
    window.roomAt(2486, SETTLED_BYTES, window.bytes)
    const first = window.roomAt(2490, deliveredBytes, 0)
    expect(first).toBeLessThan(window.bytes / 2)
    const second = window.roomAt(2500, deliveredBytes, 0)
    expect(second).toBeGreaterThan(first)
    for (let atMs = 2510; atMs < 2700; atMs += 10) window.roomAt(atMs, deliveredBytes, 0)
    expect(window.roomAt(2700, deliveredBytes, 0)).toBeGreaterThanOrEqual(window.bytes)
  })
})
