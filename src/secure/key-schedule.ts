import { expand, hkdf } from '@noble/hashes/hkdf.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { concatBytes } from '@noble/hashes/utils.js'
import { lengthValueConcat } from './length-value.ts'
import { PROTOCOL_VERSION } from './protocol-version.ts'
import type { Direction } from './role.ts'

/* HKDF-SHA512 (RFC 5869) throughout; every info starts with a label that carries the version. */

const COMBINED_SECRET_BYTES = 64

export interface CombinedSecretInput {
  /** The CPace key. */
  intermediateKey: Uint8Array
  sessionId: Uint8Array
  kemSecret: Uint8Array
  encapsulationKey: Uint8Array
  kemCiphertext: Uint8Array
}

/** The key (32 bytes) of the sealed messages in one direction, from the CPace key alone. */
export function deriveSealingKey(
  intermediateKey: Uint8Array,
  sessionId: Uint8Array,
  direction: Direction,
): Uint8Array {
  return hkdf(sha512, intermediateKey, sessionId, labelled('sealing key', direction), 32)
}

/**
 * The secret (64 bytes) behind all keys of the transfer. It stays secret while either of CPace
 * and ML-KEM holds, and differs if the two sides saw another key or ciphertext.
 */
export function deriveCombinedSecret(input: CombinedSecretInput): Uint8Array {
  const transcript = sha512(lengthValueConcat(input.encapsulationKey, input.kemCiphertext))
  return hkdf(
    sha512,
    concatBytes(input.intermediateKey, input.kemSecret),
    input.sessionId,
    labelled('combined secret', transcript),
    COMBINED_SECRET_BYTES,
  )
}

/** A key of `length` bytes from the combined secret, for the purpose that the fields name. */
export function expandKey(
  combinedSecret: Uint8Array,
  length: number,
  label: string,
  ...context: readonly (Uint8Array | string)[]
): Uint8Array {
  return expand(sha512, combinedSecret, labelled(label, ...context), length)
}

function labelled(label: string, ...context: readonly (Uint8Array | string)[]): Uint8Array {
  return lengthValueConcat(`${PROTOCOL_VERSION} ${label}`, ...context)
}
