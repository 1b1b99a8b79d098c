import { describe, expect, it } from 'vitest'
import {
  addsAtMost,
  carries,
  divides,
  finished,
  fitsInto,
  followsTheLine,
  stallsAtMost,
} from './marks.mjs'

const BYTES_PER_MEGABIT = 125_000
const START_MS = 1_000_000
const end = { status: 0, peakBytes: 100 * 1024 * 1024, cpuSeconds: 1, complaint: '' }

/** A transfer that has each of these rates, in Mbit/s, for a second. */
function transfer(...rates: number[]) {
  const samples = [{ atMs: START_MS, bytes: 0 }]
  for (const rate of rates) {
    const { atMs, bytes } = samples.at(-1) ?? { atMs: 0, bytes: 0 }
    samples.push({ atMs: atMs + 1000, bytes: bytes + rate * BYTES_PER_MEGABIT })
  }
  const ends = { sender: end, receiver: end }
  return { finished: true, stopped: false, samples, lanes: 1, transports: ['udp'], ...ends }
}

function observation(...transfers: ReturnType<typeof transfer>[]) {
  return { rateMbit: 100, transfers, readings: [], changes: [] }
}

/** What the link says at a time. */
function reading(afterMs: number, toReceiverMs: number, toSenderMs: number) {
  const way = { sentPackets: 0, sentBytes: 0, lostPackets: 0, droppedPackets: 0, barredPackets: 0 }
  const waits = (meanWaitMs: number) => ({ ...way, waitMs: 0, meanWaitMs, maxWaitMs: 0 })
  const stats = { rateMbit: 100, latestMs: 0, aToB: waits(toReceiverMs), bToA: waits(toSenderMs) }
  return { atMs: START_MS + afterMs, stats }
}

function times<Item>(count: number, item: Item): Item[] {
  return Array.from({ length: count }, () => item)
}

describe('the share of the line', () => {
  it('leaves out the start of a long transfer', () => {
    const found = carries(0.8)(observation(transfer(0, 10, 20, 90, 90, 90, 90)))
    expect(found).toMatchObject({ measured: '90 %', met: true })
  })

  it('counts all of a short transfer', () => {
    const found = carries(0.8)(observation(transfer(30, 90, 90, 90)))
    expect(found).toMatchObject({ measured: '75 %', met: false })
  })

  it('is nothing where nothing was offered', () => {
    const found = carries(0.1)(observation({ ...transfer(), samples: [] }))
    expect(found).toMatchObject({ measured: '0 %', met: false })
  })
})

describe('what the queue adds', () => {
  it('is the sum of both directions, on average while the transfer runs', () => {
    const readings = [reading(-50, 900, 0), reading(500, 60, 10), reading(900, 20, 10)]
    const seen = { ...observation(transfer(90)), readings: [...readings, reading(1500, 900, 0)] }
    expect(addsAtMost(60)(seen)).toMatchObject({ measured: '50.0 ms', met: true })
    expect(addsAtMost(40)(seen).met).toBe(false)
  })
})

describe('a stall', () => {
  it('lasts as long as nothing new is saved', () => {
    const seen = observation(transfer(90, 90, 0, 0, 90))
    expect(stallsAtMost(2000)(seen)).toMatchObject({ measured: '3.0 s', met: false })
    expect(stallsAtMost(3000)(seen).met).toBe(true)
  })

  it('may also be the end of a transfer that was stopped', () => {
    expect(stallsAtMost(2000)(observation(transfer(90, 0, 0, 0))).met).toBe(false)
  })
})

describe('a line that changes', () => {
  const changes = [
    { atMs: START_MS + 8000, rateMbit: 10 },
    { atMs: START_MS + 18_000, rateMbit: 100 },
  ]
  const fast = times(8, 90)
  const slow = times(10, 9)

  it('is followed if every rate is reached within five seconds and kept', () => {
    const seen = { ...observation(transfer(...fast, ...slow, ...fast)), changes }
    expect(followsTheLine(0.8)(seen)).toMatchObject({ measured: '90 %, 90 %, 90 %', met: true })
  })

  it('is not followed by what comes back too late', () => {
    const late = [9, 9, 9, 9, 20, 40, 60, 80]
    const seen = { ...observation(transfer(...fast, ...slow, ...late)), changes }
    expect(followsTheLine(0.8)(seen)).toMatchObject({ measured: '90 %, 90 %, 60 %', met: false })
  })

  it('proves nothing to a transfer that is over before', () => {
    const seen = { ...observation(transfer(...fast, ...slow, 90)), changes }
    expect(followsTheLine(0.8)(seen)).toMatchObject({
      measured: '90 %, 90 %, too short',
      met: false,
    })
  })
})

describe('two transfers at once', () => {
  it('are compared while both run', () => {
    const seen = observation(transfer(...times(8, 45)), transfer(...times(6, 50), ...times(6, 95)))
    expect(divides(0.35, 0.65)(seen)).toMatchObject({ measured: '45 %, 68 %', met: false })
  })

  it('may not leave one behind', () => {
    const seen = observation(transfer(...times(8, 20)), transfer(...times(8, 60)))
    expect(divides(0.35, 0.65)(seen)).toMatchObject({ measured: '20 %, 60 %', met: false })
  })

  it('prove nothing if one is over before the other has begun', () => {
    const seen = observation(transfer(50), transfer(...times(8, 50)))
    expect(divides(0.35, 0.65)(seen).met).toBe(false)
  })
})

describe('memory', () => {
  it('is looked at on both sides', () => {
    const large = { ...transfer(90), receiver: { ...end, peakBytes: 300 * 1024 * 1024 } }
    expect(fitsInto(250)(observation(large))).toMatchObject({
      measured: '100 and 300 MiB',
      met: false,
    })
  })

  it('that could not be read is not small', () => {
    const unknown = { ...transfer(90), sender: { ...end, peakBytes: 0 } }
    expect(fitsInto(250)(observation(unknown)).met).toBe(false)
  })
})

describe('a transfer that fails', () => {
  it('is told with the reason', () => {
    const failed = { ...end, status: 6, complaint: 'interrupted: The connection is gone' }
    const seen = observation({ ...transfer(90), finished: false, receiver: failed })
    expect(finished(seen)).toMatchObject({ met: false })
    expect(finished(seen).measured).toContain('The connection is gone')
  })
})
