import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DigestList } from '../../src/transfer/digest-list.ts'

describe('a list of digests', () => {
  it('has each in its place, however many came at once', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 12 }), (counts) => {
        const list = new DigestList()
        const all = counts.map((count) => randomBytes(32 * count))
        for (const digests of all) list.append(digests)
        const joined = Buffer.concat(all)
        const blocks = joined.length / 32
        expect(list.count).toBe(blocks)
        for (let block = 0; block < blocks; block += 1) {
          const digest = joined.subarray(32 * block, 32 * (block + 1))
          expect(Buffer.from(list.at(block) ?? [])).toEqual(digest)
        }
        expect(list.at(blocks)).toBeUndefined()
      }),
    )
  })

  it('keeps a copy, and nothing of what it was given', () => {
    const list = new DigestList()
    const digest = new Uint8Array(32).fill(7)
    list.append(digest)
    digest.fill(0)
    list.append(digest)
    expect([list.at(0)?.[0], list.at(1)?.[0]]).toEqual([7, 0])
  })

  it('has nothing at the number of a pack', () => {
    const list = new DigestList()
    list.append(new Uint8Array(64))
    expect(list.at(0x8000_0001)).toBeUndefined()
  })
})
