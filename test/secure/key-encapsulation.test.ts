import { describe, expect, it } from 'vitest'
import {
  createEncapsulationKeyPair,
  decapsulate,
  encapsulate,
} from '../../src/secure/key-encapsulation.ts'
import { seededRandom } from './seeded-random.ts'
import { thrownBy } from './thrown.ts'

const { encapsulationKey, decapsulationKey } = createEncapsulationKeyPair(seededRandom('keys'))

describe('key encapsulation', () => {
  it('gives both sides one secret, in the sizes of ML-KEM-768', () => {
    const { ciphertext, secret } = encapsulate(encapsulationKey, seededRandom('encapsulation'))
    expect(decapsulate(ciphertext, decapsulationKey)).toEqual(secret)
    expect(encapsulationKey).toHaveLength(1184)
    expect(ciphertext).toHaveLength(1088)
    expect(secret).toHaveLength(32)
  })

  it.each([
    ['short', encapsulationKey.subarray(1)],
    ['long', Uint8Array.of(...encapsulationKey, 0)],
    ['not reduced modulo q', new Uint8Array(1184).fill(0xff)],
  ])('refuses a key that is %s', (_, key) => {
    expect(thrownBy(() => encapsulate(key, seededRandom('x'))).code).toBe('protocol')
  })

  it('refuses a ciphertext of a wrong length', () => {
    expect(thrownBy(() => decapsulate(new Uint8Array(1087), decapsulationKey)).code).toBe(
      'protocol',
    )
  })
})
