import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Progress, progressLine } from '../../src/cli/progress-line.ts'

const halfway: Progress = {
  bytes: 600 * 1024 ** 2,
  total: 1200 * 1024 ** 2,
  bytesPerSecond: 98_300_000,
  path: { path: 'direct', transport: 'udp', rttMs: 20 },
}

describe('progressLine', () => {
  it('shows everything where there is room', () => {
    expect(progressLine({ ...halfway, transports: ['udp', 'tcp'], lanes: 12 }, 100)).toBe(
      ' 50%  [===========>          ]  600.0 MiB of 1.2 GiB  98.3 MB/s  7 s left  direct udp+tcp  12 lanes',
    )
  })

  it('leaves out what matters least on a narrow terminal', () => {
    expect(progressLine({ ...halfway, lanes: 1 }, 80)).toBe(
      ' 50%  [====>   ]  600.0 MiB of 1.2 GiB  98.3 MB/s  7 s left  direct udp  1 lane',
    )
    expect(progressLine(halfway, 40)).toBe(' 50%  [=====>    ]  98.3 MB/s  7 s left')
    expect(progressLine(halfway, 26)).toBe(' 50%  98.3 MB/s  7 s left')
    expect(progressLine(halfway, 20)).toBe(' 50%  98.3 MB/s')
    expect(progressLine(halfway, 10)).toBe(' 50%')
  })

  it('says that nothing arrives in place of a rate that is no longer true', () => {
    const line = progressLine({ ...halfway, stalledMs: 4700 }, 80)
    expect(line).toContain('no data for 4 s')
    expect(line).not.toContain('MB/s')
    expect(line).not.toContain('left')
  })

  it('promises no end while there is no rate', () => {
    expect(progressLine({ bytes: 0, total: 10, bytesPerSecond: 0 }, 80)).not.toContain('left')
  })

  it('shows what has come where nobody knows yet of how much', () => {
    const uncounted = { ...halfway, total: null }
    expect(progressLine(uncounted, 80)).toBe('600.0 MiB  98.3 MB/s  direct udp')
    expect(progressLine(uncounted, 25)).toBe('600.0 MiB  98.3 MB/s')
    expect(progressLine({ ...uncounted, stalledMs: 4700 }, 80)).toContain('no data for 4 s')
    expect(progressLine(uncounted, 8)).toBe('')
  })

  it('fits into the terminal with a column to spare, and always has the percentage', () => {
    const progress = fc.record({
      bytes: fc.maxSafeNat(),
      total: fc.maxSafeNat(),
      bytesPerSecond: fc.double({ min: 0, noNaN: true }),
    })
    fc.assert(
      fc.property(progress, fc.integer({ min: 6, max: 300 }), (state, columns) => {
        const line = progressLine(state, columns)
        expect(line.length).toBeLessThan(columns)
        expect(line).toMatch(/^ *\d+%/)
      }),
    )
  })
})
