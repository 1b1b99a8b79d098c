import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pad, unpad } from '../../src/secure/padding.ts'

describe('padding', () => {
  it('fills to the next multiple and can be taken off', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 100 }),
        fc.integer({ min: 1, max: 32 }),
        (text, block) => {
          const padded = pad(text, block)
          expect(padded.length % block).toBe(0)
          expect(padded.length - text.length).toBeGreaterThan(0)
          expect(padded.length - text.length).toBeLessThanOrEqual(block)
          expect(unpad(padded, block)).toEqual(text)
        },
      ),
    )
  })

  it('has one form only: what can be taken off was made by padding', () => {
    const bytes = fc.array(fc.constantFrom(0, 1, 0x80), { maxLength: 24 })
    fc.assert(
      fc.property(bytes, (array) => {
        const padded = Uint8Array.from(array)
        const text = unpad(padded, 8)
        if (text !== undefined) expect(pad(text, 8)).toEqual(padded)
      }),
      { numRuns: 1000 },
    )
  })

  it.each([
    ['nothing', []],
    ['only zeros', [0, 0, 0, 0]],
    ['no marker', [1, 2, 3, 4]],
    ['a length that is no multiple', [1, 0x80, 0]],
    ['a whole block of zeros after the marker', [1, 2, 3, 0x80, 0, 0, 0, 0]],
  ])('refuses %s', (_, bytes) => {
    expect(unpad(Uint8Array.from(bytes), 4)).toBeUndefined()
  })
})
