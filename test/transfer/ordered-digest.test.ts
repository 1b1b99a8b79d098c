import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OrderedDigest } from '../../src/transfer/ordered-digest.ts'

const digestOf = (block: number) => createHash('sha256').update(`${block}`).digest()
const protocolError = expect.objectContaining({ code: 'protocol' })

describe('the digest of a file', () => {
  it('is that of the digests of its blocks in their order, in whatever order they come', () => {
    const order = fc
      .integer({ min: 0, max: 12 })
      .chain((count) => fc.shuffledSubarray([...Array(count).keys()], { minLength: count }))
    fc.assert(
      fc.property(order, (blocks) => {
        const digest = new OrderedDigest()
        const whole = createHash('sha256')
        for (const at of blocks.keys()) whole.update(digestOf(at))
        for (const block of blocks) {
          expect(digest.has(block)).toBe(false)
          digest.add(block, digestOf(block))
          expect(digest.has(block)).toBe(true)
        }
        expect(Buffer.from(digest.result(blocks.length))).toEqual(whole.digest())
      }),
    )
  })

  it('takes no block twice, and is not known before all are', () => {
    const digest = new OrderedDigest()
    digest.add(1, digestOf(1))
    expect(() => digest.add(1, digestOf(1))).toThrow(protocolError)
    expect(() => digest.result(2)).toThrow(TypeError)
    digest.add(0, digestOf(0))
    expect(() => digest.add(0, digestOf(0))).toThrow(protocolError)
    expect(() => digest.add(1, digestOf(1))).toThrow(protocolError)
    expect(() => digest.result(1)).toThrow(TypeError)
  })
})
