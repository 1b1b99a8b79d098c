import { ml_kem768 } from '@noble/post-quantum/ml-kem.js'
import { alteredMessageError } from './session-error.ts'

/* ML-KEM-768 (FIPS 203). */

const SEED_BYTES = 64
const ENCAPSULATION_RANDOMNESS_BYTES = 32

export interface EncapsulationKeyPair {
  /** 1184 bytes. */
  encapsulationKey: Uint8Array
  decapsulationKey: Uint8Array
}

export interface Encapsulation {
  /** 1088 bytes. */
  ciphertext: Uint8Array
  /** 32 bytes. */
  secret: Uint8Array
}

export function createEncapsulationKeyPair(
  randomBytes: (length: number) => Uint8Array,
): EncapsulationKeyPair {
  const { publicKey, secretKey } = ml_kem768.keygen(randomBytes(SEED_BYTES))
  return { encapsulationKey: publicKey, decapsulationKey: secretKey }
}

/** Throws a `protocol` ShareError for a key of a wrong length or not in canonical form. */
export function encapsulate(
  encapsulationKey: Uint8Array,
  randomBytes: (length: number) => Uint8Array,
): Encapsulation {
  const randomness = randomBytes(ENCAPSULATION_RANDOMNESS_BYTES)
  try {
    const { cipherText, sharedSecret } = ml_kem768.encapsulate(encapsulationKey, randomness)
    return { ciphertext: cipherText, secret: sharedSecret }
  } catch (cause) {
    throw alteredMessageError(cause)
  }
}

/** Throws a `protocol` ShareError for a ciphertext of a wrong length. */
export function decapsulate(ciphertext: Uint8Array, decapsulationKey: Uint8Array): Uint8Array {
  try {
    return ml_kem768.decapsulate(ciphertext, decapsulationKey)
  } catch (cause) {
    throw alteredMessageError(cause)
  }
}
