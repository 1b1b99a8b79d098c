import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  formatBytes,
  formatDuration,
  formatPath,
  formatRate,
  percent,
} from '../../src/cli/format.ts'

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [1, '1 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1536, '1.5 KiB'],
    [1024 ** 2 - 1, '1.0 MiB'],
    [1.25 * 1024 ** 3, '1.3 GiB'],
    [Number.MAX_SAFE_INTEGER, '8.0 PiB'],
  ])('shows %d as %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text))

  it('never shows a thousand and more of a unit that has a larger one', () => {
    fc.assert(fc.property(fc.maxSafeNat(), (bytes) => Number.parseFloat(formatBytes(bytes)) < 1024))
  })
})

describe('formatRate', () => {
  it.each([
    [0, '0 B/s'],
    [999, '999 B/s'],
    [98_300_000, '98.3 MB/s'],
    [1e9, '1.0 GB/s'],
  ])('shows %d as %s', (rate, text) => expect(formatRate(rate)).toBe(text))
})

describe('formatDuration', () => {
  it.each([
    [0, '0 s'],
    [0.34, '0.3 s'],
    [12.34, '12.3 s'],
    [20, '20 s'],
    [59.96, '1 min'],
    [125, '2 min 5 s'],
    [3599.7, '1 h'],
    [3720, '1 h 2 min'],
    [100_000, '1 d 4 h'],
  ])('shows %d s as %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text))
})

describe('percent', () => {
  it.each([
    [0, 100, 0],
    [999, 1000, 99],
    [1000, 1000, 100],
    [0, 0, 100],
    [5, 3, 100],
  ])('of %d in %d is %d', (bytes, total, share) => expect(percent(bytes, total)).toBe(share))
})

describe('formatPath', () => {
  it('names the way and, where it is known, the transport', () => {
    expect(formatPath('direct', ['udp'])).toBe('direct over UDP')
    expect(formatPath('relay', ['tcp', 'udp'])).toBe('through a relay over TCP and UDP')
    expect(formatPath('direct', [])).toBe('direct')
  })
})
