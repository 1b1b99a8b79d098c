import { describe, expect, it } from 'vitest'
import { median, summarize } from './summary.mjs'

const MIB = 1024 * 1024

function run(seconds: number, totalSeconds: number, senderMib = 1) {
  const peakBytes = { sender: senderMib * MIB, receiver: 2 * MIB }
  return { bytes: 512 * MIB, seconds, totalSeconds, cpuSeconds: 3, peakBytes }
}

describe('the summary of the bench', () => {
  it('takes the middle, or the mean of the two middle ones, of what is known', () => {
    expect(median([5, 1, 100])).toBe(5)
    expect(median([4, 1, 100, 2])).toBe(3)
    expect(median([undefined, 7])).toBe(7)
    expect(median([undefined])).toBeUndefined()
  })

  it('compares with the run of the same round', () => {
    const rounds = [
      { own: run(1, 2), other: run(3, 4) },
      { own: run(10, 20), other: run(30, 60) },
      { own: run(1, 2), other: run(3, 10) },
    ]
    expect(summarize(rounds, 'other', 'own').subjectIsFasterBy).toEqual({
      transfer: 3,
      endToEnd: 3,
    })
  })

  it('gives rates in decimal megabytes and CPU time by the binary gigabyte', () => {
    const summary = summarize([{ own: run(1, 2) }], 'own', 'own')
    expect(summary.transferMegabytesPerSecond).toBeCloseTo(536.870912)
    expect(summary.endToEndMegabytesPerSecond).toBeCloseTo(268.435456)
    expect(summary.cpuSecondsPerGib).toBe(6)
  })

  it('shows the largest memory of any round, not the middle one', () => {
    const rounds = [{ own: run(1, 1, 10) }, { own: run(1, 1, 30) }, { own: run(1, 1, 20) }]
    expect(summarize(rounds, 'own', 'own').peakMib).toEqual({ sender: 30, receiver: 2 })
  })

  it('counts failures and leaves them out of everything else', () => {
    const rounds = [{ own: run(1, 2), other: { error: 'no relay' } }, { own: run(1, 2) }]
    const summary = summarize(rounds, 'other', 'own')
    expect(summary).toMatchObject({ runs: 0, failures: 2 })
    expect(summary.totalSeconds.median).toBeUndefined()
    expect(summary.subjectIsFasterBy.endToEnd).toBeUndefined()
  })
})
