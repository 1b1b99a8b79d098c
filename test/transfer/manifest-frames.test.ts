import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_MANIFEST_ENTRIES } from '../../src/limits.ts'
import { decodeFrame } from '../../src/transfer/decode-frame.ts'
import { encodeFrame } from '../../src/transfer/encode-frame.ts'
import { manifestFrames } from '../../src/transfer/manifest-frames.ts'
import { fileEntry } from './receiving.ts'

describe('the list of entries in frames', () => {
  it('is whole and in order, and every frame is one that may be said', () => {
    const path = fc.oneof(
      fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }),
      fc.integer({ min: 1, max: 1360 }).map((length) => '文'.repeat(length)),
      fc.integer({ min: 1, max: 4096 }).map((length) => '"'.repeat(length)),
    )
    fc.assert(
      fc.property(
        fc.array(path, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 20 }),
        fc.nat(),
        (paths, times, first) => {
          const entries = Array.from({ length: times }, () => paths)
            .flat()
            .map((each) => fileEntry(Number.MAX_SAFE_INTEGER, each))
          const frames = manifestFrames(first, entries).map((frame) =>
            decodeFrame(Buffer.concat(encodeFrame(frame))),
          )
          let next = first
          for (const frame of frames) {
            if (frame.type !== 'manifest') throw new Error('another frame')
            expect(frame.first).toBe(next)
            expect(frame.isLast).toBe(false)
            next += frame.entries.length
          }
          const listed = frames.flatMap((frame) => (frame.type === 'manifest' ? frame.entries : []))
          expect(listed).toEqual(entries)
        },
      ),
      { numRuns: 50 },
    )
  })

  it('takes as few as it can', () => {
    const entries = (count: number, path: string) => Array(count).fill(fileEntry(1, path))
    expect(manifestFrames(0, entries(100, 'short'))).toHaveLength(1)
    expect(manifestFrames(0, entries(MAX_MANIFEST_ENTRIES, 'x'.repeat(100))).length).toBeLessThan(6)
    expect(manifestFrames(0, entries(3, '"'.repeat(4096)))).toHaveLength(3)
    expect(manifestFrames(0, [])).toEqual([])
  })
})
