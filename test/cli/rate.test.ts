import { expect, it } from 'vitest'
import { parseRate } from '../../src/cli/rate.ts'

it.each([
  ['5M', 5_000_000],
  ['5MB', 5_000_000],
  ['5MB/s', 5_000_000],
  [' 1.5 m', 1_500_000],
  ['500k', 500_000],
  ['2MiB', 2 * 1024 * 1024],
  ['1Gi', 1024 ** 3],
  ['1g', 1e9],
  ['4000', 4000],
])('%s is %d bytes a second', (text, bytesPerSecond) => {
  expect(parseRate(text)).toBe(bytesPerSecond)
})

it.each(['', 'fast', '5X', '-5M', '5 M B', '1e9', '5MBit'])('%s is none', (text) => {
  expect(() => parseRate(text)).toThrow('is not a rate')
})
