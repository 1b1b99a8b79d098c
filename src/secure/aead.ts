import { gcm } from '@noble/ciphers/aes.js'
import { concatBytes } from '@noble/hashes/utils.js'

export const AEAD_NONCE_BYTES = 12
export const AEAD_TAG_BYTES = 16

/** AES-256-GCM (NIST SP 800-38D) under one key. The caller never repeats a nonce. */
export interface Aead {
  /**
   * Seals the parts as one plaintext. Returns header, ciphertext and tag; the header stays readable.
   * The result may lie in `into`, where that is given and large enough, to save an allocation.
   */
  seal(
    nonce: Uint8Array,
    header: Uint8Array,
    parts: readonly Uint8Array[],
    into?: Uint8Array,
  ): Uint8Array
  /**
   * Opens what `seal` returned for a header of `headerBytes`. Returns the plaintext, which shares
   * no memory with `message`. Throws an Error, and gives out nothing, if anything was altered.
   */
  open(nonce: Uint8Array, message: Uint8Array, headerBytes: number): Uint8Array
}

/** In plain JavaScript, for browsers; `aead.node.ts` has the fast one. */
export function createAead(key: Uint8Array): Aead {
  return {
    seal: (nonce, header, parts) =>
      concatBytes(header, gcm(key, nonce, header).encrypt(concatBytes(...parts))),
    open: (nonce, message, headerBytes) =>
      gcm(key, nonce, message.subarray(0, headerBytes)).decrypt(message.subarray(headerBytes)),
  }
}
