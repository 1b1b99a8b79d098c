import { describe, expect, it } from 'vitest'
import { parseDuration, parseDurationOrNever } from '../../src/cli/duration.ts'
import { ShareError } from '../../src/errors.ts'

describe('parseDuration', () => {
  it.each([
    ['90s', 90_000],
    ['10m', 600_000],
    ['2h', 7_200_000],
    ['1.5h', 5_400_000],
    ['45', 45_000],
    [' 5M ', 300_000],
    ['24h', 86_400_000],
    ['1', 1000],
  ])('reads %j as %d ms', (text, durationMs) => expect(parseDuration(text)).toBe(durationMs))

  it.each(['', 's', '5x', '-5s', '1e3', '5 m', 'Infinity', '0x10', '1m30s', '1.2345s'])(
    'refuses %j',
    (text) => expect(() => parseDuration(text)).toThrow(`"${text}" is not a duration`),
  )

  it.each(['0', '0.5s', '25h', '999999999h'])('refuses %j as out of bounds', (text) => {
    expect(() => parseDuration(text)).toThrow(`A wait of ${text} is not between 1 s and 1 d`)
  })

  it('says how to write one', () => {
    try {
      parseDuration('soon')
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(ShareError)
      expect(error).toMatchObject({ code: 'usage', hint: 'Write it like 90s, 10m or 2h.' })
    }
  })
})

describe('parseDurationOrNever', () => {
  it.each(['0', '0s', ' 0M ', '0h'])('takes %j for never', (text) =>
    expect(parseDurationOrNever(text)).toBe(0),
  )

  it('takes everything else as it is taken elsewhere', () => {
    expect(parseDurationOrNever('2m')).toBe(120_000)
    expect(() => parseDurationOrNever('0.5s')).toThrow('is not between')
    expect(() => parseDurationOrNever('never')).toThrow('is not a duration')
  })
})
