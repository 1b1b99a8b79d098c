import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sampledRatio } from '../../src/compression/sample.ts'
import { KIB, MIB } from '../../src/limits.ts'
import { logLines, noise } from './contents.ts'

describe('a sample', () => {
  it('tells text from noise, however long the block', () => {
    for (const bytes of [KIB, 10 * KIB, 16 * KIB + 1, 300_000, MIB]) {
      expect(sampledRatio(logLines(bytes))).toBeLessThan(0.75)
      expect(sampledRatio(noise(bytes))).toBeGreaterThan(0.97)
    }
  })

  it('finds that a block of one byte repeated becomes next to nothing', () => {
    expect(sampledRatio(new Uint8Array(MIB))).toBe(0)
  })

  it('counts a block by its parts', () => {
    const half = Buffer.concat([noise(MIB / 2), new Uint8Array(MIB / 2)])
    expect(sampledRatio(half)).toBeCloseTo(0.5, 1)
  })

  it('is between 0 and 1 for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (block) => {
        const ratio = sampledRatio(block)
        expect(ratio).toBeGreaterThanOrEqual(0)
        expect(ratio).toBeLessThanOrEqual(1)
      }),
    )
  })
})
