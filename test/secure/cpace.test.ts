import { describe, expect, it } from 'vitest'
import {
  combineShares,
  confirmationTag,
  createKeyShare,
  deriveGenerator,
  deriveIntermediateKey,
  deriveShare,
} from '../../src/secure/cpace.ts'
import { seededRandom } from './seeded-random.ts'
import { bytesOf, fromHex, hexOf } from './text.ts'
import { thrownBy } from './thrown.ts'
import vectors from './vectors/cpace-ristretto255.json' with { type: 'json' }

const { vector, points } = vectors
const sessionId = fromHex(vector.sid)
const generator = fromHex(vector.g)
const initiator = { share: fromHex(vector.Ya), associatedData: fromHex(vector.ADa) }
const responder = { share: fromHex(vector.Yb), associatedData: fromHex(vector.ADb) }

/** Tags for the draft's vector, computed once by an independent implementation in Python. */
const INITIATOR_TAG =
  '30478d28d83ae3b214295e91f4a3eb62999a8ed94575075db4a7d3bc3e4d26f16c51adba12dc7771372637a46b5134e0937cddd7d820bfdd83be335e339eb57a'
const RESPONDER_TAG =
  'e927a7da291676f8878caae9cb70407d2f14117e6f9ff9adcfda797c4bcf2bd2fefd2ca3f2ddcce81b7386996c895b2f359010cc92069d5ff4ad49a977de79a6'

describe("the draft's vector for CPACE-RISTR255-SHA512", () => {
  it('gives the generator', () => {
    const derived = deriveGenerator(fromHex(vector.PRS), fromHex(vector.CI), sessionId)
    expect(hexOf(derived)).toBe(vector.g.toLowerCase())
  })

  it.each([
    ['ya', vector.ya, vector.Ya],
    ['yb', vector.yb, vector.Yb],
  ])('gives the share of %s', (_, scalar, share) => {
    expect(hexOf(deriveShare(fromHex(scalar), generator))).toBe(share.toLowerCase())
  })

  it('gives the same shared point on both sides', () => {
    const a = combineShares({ scalar: fromHex(vector.ya), share: initiator.share }, responder.share)
    const b = combineShares({ scalar: fromHex(vector.yb), share: responder.share }, initiator.share)
    expect(hexOf(a)).toBe(vector.K.toLowerCase())
    expect(hexOf(b)).toBe(vector.K.toLowerCase())
  })

  it('gives the intermediate session key', () => {
    const key = deriveIntermediateKey(sessionId, fromHex(vector.K), initiator, responder)
    expect(hexOf(key)).toBe(vector.ISK_IR.toLowerCase())
  })

  it('gives the confirmation tags', () => {
    const key = fromHex(vector.ISK_IR)
    expect(hexOf(confirmationTag(key, sessionId, initiator))).toBe(INITIATOR_TAG)
    expect(hexOf(confirmationTag(key, sessionId, responder))).toBe(RESPONDER_TAG)
  })
})

describe("the draft's points for ristretto255", () => {
  const own = { scalar: fromHex(points.Valid.s), share: generator }

  it('multiplies the valid point', () => {
    const { X, s } = points.Valid
    const product = points.Valid['G.scalar_mult(s,decode(X))'].toLowerCase()
    expect(hexOf(deriveShare(fromHex(s), fromHex(X)))).toBe(product)
    expect(hexOf(combineShares(own, fromHex(X)))).toBe(product)
  })

  it.each(['Invalid Y1', 'Invalid Y2'] as const)('aborts on %s', (name) => {
    const error = thrownBy(() => combineShares(own, fromHex(points[name])))
    expect(error.code).toBe('protocol')
  })
})

describe('a key share', () => {
  it('refuses its own share come back', () => {
    const own = createKeyShare(generator, seededRandom('reflected'))
    expect(thrownBy(() => combineShares(own, own.share)).code).toBe('protocol')
  })

  it('has a scalar below 2^252', () => {
    const allOnes = createKeyShare(generator, (length) => new Uint8Array(length).fill(0xff))
    expect(allOnes.scalar[31]).toBe(0x0f)
    expect(hexOf(allOnes.scalar.subarray(0, 31))).toBe('ff'.repeat(31))
  })

  it('is not made of zeros', () => {
    expect(() => createKeyShare(generator, (length) => new Uint8Array(length))).toThrow()
  })

  it('leads nowhere with another secret', () => {
    const channel = bytesOf('channel')
    const a = createKeyShare(deriveGenerator(bytesOf('one'), channel, sessionId), seededRandom('a'))
    const b = createKeyShare(deriveGenerator(bytesOf('two'), channel, sessionId), seededRandom('b'))
    expect(combineShares(a, b.share)).not.toEqual(combineShares(b, a.share))
  })
})
