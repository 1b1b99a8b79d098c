import { createCipheriv, createDecipheriv } from 'node:crypto'
import { AEAD_TAG_BYTES, type Aead } from './aead.ts'

const ALGORITHM = 'aes-256-gcm'
const OPTIONS = { authTagLength: AEAD_TAG_BYTES }

/**
 * OpenSSL's, for the hot path: 1.3 GB/s in messages of 256 KiB. A Node cipher cannot write into a
 * buffer of ours; joining its outputs at the end was the fastest of the ways around that, into one
 * that is used again and again.
 */
export function createNodeAead(key: Uint8Array): Aead {
  return {
    seal(nonce, header, parts, into) {
      const cipher = createCipheriv(ALGORITHM, key, nonce, OPTIONS).setAAD(header)
      const ciphertext = parts.map((part) => cipher.update(part))
      cipher.final()
      const sealed = [header, ...ciphertext, cipher.getAuthTag()]
      return into ? joined(sealed, into) : Buffer.concat(sealed)
    },
    open(nonce, message, headerBytes) {
      const tagStart = message.length - AEAD_TAG_BYTES
      const decipher = createDecipheriv(ALGORITHM, key, nonce, OPTIONS)
        .setAAD(message.subarray(0, headerBytes))
        .setAuthTag(message.subarray(tagStart))
      const plaintext = decipher.update(message.subarray(headerBytes, tagStart))
      decipher.final()
      return plaintext
    },
  }
}

function joined(parts: readonly Uint8Array[], into: Uint8Array): Uint8Array {
  let end = 0
  for (const part of parts) {
    into.set(part, end)
    end += part.length
  }
  return into.subarray(0, end)
}
