import { describe, expect, it } from 'vitest'
import { EARLY_BYTES, EARLY_REPORT_BYTES, REPORT_BYTES } from '../../src/limits.ts'
import { Arrivals } from '../../src/transfer/arrivals.ts'

describe('arrivals', () => {
  it('are counted by lane, from the beginning', () => {
    const arrivals = new Arrivals()
    arrivals.add(0, 10)
    arrivals.add(3, 5)
    arrivals.report()
    arrivals.add(3, 7)
    expect(arrivals.report(9)).toEqual({
      probe: 9,
      receivedBytes: new Map([
        [0, 10],
        [3, 12],
      ]),
    })
  })

  it.each([
    ['at the beginning', 0, EARLY_REPORT_BYTES],
    ['later', EARLY_BYTES, REPORT_BYTES],
  ])('are due to be reported %s after so many bytes over all lanes', (_, before, dueBytes) => {
    const arrivals = new Arrivals()
    arrivals.add(1, before)
    arrivals.report()
    for (let round = 0; round < 2; round += 1) {
      expect(arrivals.add(1, dueBytes / 2)).toBe(false)
      expect(arrivals.add(2, dueBytes / 2 - 1)).toBe(false)
      expect(arrivals.add(1, 1)).toBe(true)
      expect(arrivals.report().probe).toBeUndefined()
    }
  })

  it('of a lane that has ended are not spoken of any more', () => {
    const arrivals = new Arrivals()
    arrivals.add(1, 10)
    arrivals.add(2, 10)
    arrivals.remove(1)
    expect([...arrivals.report().receivedBytes.keys()]).toEqual([2])
  })

  it('do not change a report that was made before', () => {
    const arrivals = new Arrivals()
    arrivals.add(1, 10)
    const { receivedBytes } = arrivals.report()
    arrivals.add(1, 10)
    expect(receivedBytes.get(1)).toBe(10)
  })
})
