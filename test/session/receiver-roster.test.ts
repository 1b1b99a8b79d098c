import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ShareError } from '../../src/errors.ts'
import type { TransferSummary } from '../../src/events.ts'
import { MAX_RECEIVER_RESULTS, MAX_RECEIVERS_AT_ONCE } from '../../src/limits.ts'
import { ReceiverRoster } from '../../src/session/receiver-roster.ts'

const done: TransferSummary = {
  files: 1,
  bytes: 5,
  skipped: 0,
  sent: 5,
  seconds: 1,
  path: 'direct',
  digest: 'ab'.repeat(32),
}

const lost = new ShareError('interrupted', 'It is gone')

describe('places', () => {
  it('are used up by whoever is let in, whatever comes of it, and not by wrong codes', () => {
    const places = new ReceiverRoster(2)
    places.wrongCode()
    expect([places.take(), places.take()]).toEqual([1, 2])
    expect(places.hasRoom).toBe(false)
    expect(() => places.take()).toThrow(TypeError)
    places.settle(2, done)
    expect(places.isOver).toBe(false)
    places.settle(1, lost)
    expect(places.isOver).toBe(true)
    const { code, message, hint, exit } = lost
    expect(places.summary).toEqual({
      receivers: 2,
      completed: 1,
      failed: 1,
      missing: 0,
      wrongCodes: 1,
      results: [
        { receiver: 2, exit: 0, summary: done },
        { receiver: 1, exit: 6, error: { code, message, hint, exit } },
      ],
    })
  })

  it('are missing where nobody came in time', () => {
    const places = new ReceiverRoster(3)
    places.settle(places.take(), done)
    places.close()
    expect(places.isOver).toBe(true)
    expect(places.summary).toMatchObject({ completed: 1, missing: 2 })
  })

  it('without a number of them never end by themselves, and remember only so many results', () => {
    const places = new ReceiverRoster(undefined)
    for (let count = 0; count <= MAX_RECEIVER_RESULTS; count += 1) {
      places.settle(places.take(), done)
    }
    expect(places.isOver).toBe(false)
    const { receivers, completed, missing, results } = places.summary
    expect([receivers, completed, missing]).toEqual([null, MAX_RECEIVER_RESULTS + 1, 0])
    expect(results).toHaveLength(MAX_RECEIVER_RESULTS)
    expect(results[0]?.receiver).toBe(2)
  })

  it('add up, whatever happens in whatever order', () => {
    const step = fc.constantFrom('come', 'complete', 'fail', 'close')
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.array(step), (receivers, steps) => {
        const places = new ReceiverRoster(receivers)
        const served: number[] = []
        for (const each of steps) {
          if (each === 'come' && places.hasRoom) served.push(places.take())
          const first = each === 'complete' || each === 'fail' ? served.shift() : undefined
          if (first !== undefined) places.settle(first, each === 'complete' ? done : lost)
          if (each === 'close') places.close()
          const { completed, failed, missing } = places.summary
          expect(completed + failed + missing + places.active).toBe(receivers)
          expect(places.active).toBe(served.length)
          expect(places.active).toBeLessThanOrEqual(MAX_RECEIVERS_AT_ONCE)
          expect(places.isOver).toBe(places.isClosed && served.length === 0)
        }
      }),
    )
  })
})
