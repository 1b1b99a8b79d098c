import { describe, expect, it } from 'vitest'
import { MIB } from '../../src/limits.ts'
import { OfferBound } from '../../src/transfer/offer-bound.ts'
import { entriesOf } from './receiving.ts'

const protocolError = expect.objectContaining({ code: 'protocol' })

describe('what may be listed for an offer', () => {
  it.each([
    ['bytes', entriesOf(3000 * MIB)],
    ['files', entriesOf(...Array<number>(4000).fill(0))],
  ])('is not far more %s than were counted, before or after the list', (_, entries) => {
    const [before, after] = [new OfferBound(), new OfferBound()]
    before.counted(1000, 1000 * MIB)
    expect(() => before.listed(entries)).toThrow(protocolError)
    after.listed(entries)
    expect(() => after.counted(1000, 1000 * MIB)).toThrow(protocolError)
  })

  it('may have grown a little, and be anything while it is not counted', () => {
    const bound = new OfferBound()
    bound.counted(10, 0)
    bound.listed(entriesOf(MIB, null, 'd'))
    new OfferBound().listed(entriesOf(2 ** 50))
  })
})
