import { deflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { logLines } from './log-lines.mjs'

function text(seed: number, count: number) {
  const lines = logLines(seed)
  return Array.from({ length: count }, () => lines.next().value).join('')
}

describe('the text of the bench', () => {
  it('is the same at each run, and another with another seed', () => {
    expect(text(7, 100)).toBe(text(7, 100))
    expect(text(7, 100)).not.toBe(text(8, 100))
  })

  it('compresses as logs do, neither hardly nor to nothing', () => {
    const lines = text(7, 10_000)
    const ratio = lines.length / deflateSync(lines).length
    expect(ratio).toBeGreaterThan(4)
    expect(ratio).toBeLessThan(8)
  })

  it('does not repeat itself from one megabyte to the next', () => {
    const lines = text(7, 10_000).trim().split('\n')
    expect(new Set(lines).size).toBe(lines.length)
  })

  it('has one byte a character', () => {
    expect(text(7, 1000)).toMatch(/^[\n -~]*$/)
  })
})
