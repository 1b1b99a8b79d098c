import { ristretto255, ristretto255_hasher } from '@noble/curves/ed25519.js'
import { bytesToNumberLE, equalBytes } from '@noble/curves/utils.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { lengthValueConcat } from './length-value.ts'
import { alteredMessageError } from './session-error.ts'

/*
 * CPace, suite CPACE-RISTR255-SHA512 in its initiator-responder mode, draft-irtf-cfrg-cpace-21.
 * Scalars and encoded points are 32 bytes, little endian.
 */

const DOMAIN = 'CPaceRistretto255'
const HASH_BLOCK_BYTES = 128

export const SHARE_BYTES = 32
export const CONFIRMATION_BYTES = 64

export interface KeyShare {
  scalar: Uint8Array
  share: Uint8Array
}

/** What one side contributes to the transcript. */
export interface Party {
  share: Uint8Array
  associatedData: Uint8Array
}

/**
 * The generator g that stands for the secret (section 7.3): the hash of `generator_string`,
 * mapped as in RFC 9496, section 4.3.4. The padding fills the hash's first block.
 */
export function deriveGenerator(
  secret: Uint8Array,
  channelIdentifier: Uint8Array,
  sessionId: Uint8Array,
): Uint8Array {
  const filled = lengthValueConcat(DOMAIN, secret).length + 1
  const padding = new Uint8Array(Math.max(0, HASH_BLOCK_BYTES - filled))
  const input = lengthValueConcat(DOMAIN, secret, padding, channelIdentifier, sessionId)
  const generator = ristretto255_hasher.deriveToCurve?.(sha512(input))
  if (generator === undefined) throw new TypeError('The library cannot derive elements')
  return generator.toBytes()
}

/** The public share of a scalar: scalar x generator. */
export function deriveShare(scalar: Uint8Array, generator: Uint8Array): Uint8Array {
  return ristretto255.Point.fromBytes(generator).multiply(bytesToNumberLE(scalar)).toBytes()
}

/** A fresh scalar below 2^252, so below the group's order, with its share. */
export function createKeyShare(
  generator: Uint8Array,
  randomBytes: (length: number) => Uint8Array,
): KeyShare {
  const scalar = Uint8Array.from(randomBytes(SHARE_BYTES))
  scalar.set([(scalar[SHARE_BYTES - 1] ?? 0) & 0x0f], SHARE_BYTES - 1)
  return { scalar, share: deriveShare(scalar, generator) }
}

/**
 * The shared point K (`scalar_mult_vfy`, section 7.3).
 * Throws a `protocol` ShareError for a share that is no point, gives the neutral element, or is
 * our own come back.
 */
export function combineShares(own: KeyShare, peerShare: Uint8Array): Uint8Array {
  if (equalBytes(own.share, peerShare)) throw alteredMessageError()
  const shared = decodePoint(peerShare).multiply(bytesToNumberLE(own.scalar))
  if (shared.is0()) throw alteredMessageError()
  return shared.toBytes()
}

/** The intermediate session key (64 bytes) over the ordered transcript (section 6.2). */
export function deriveIntermediateKey(
  sessionId: Uint8Array,
  sharedPoint: Uint8Array,
  initiator: Party,
  responder: Party,
): Uint8Array {
  return sha512(
    concatBytes(
      lengthValueConcat(`${DOMAIN}_ISK`, sessionId, sharedPoint),
      lengthValueConcat(initiator.share, initiator.associatedData),
      lengthValueConcat(responder.share, responder.associatedData),
    ),
  )
}

/** The tag (64 bytes) by which `party` shows that it has the key (section 9.4). */
export function confirmationTag(
  intermediateKey: Uint8Array,
  sessionId: Uint8Array,
  party: Party,
): Uint8Array {
  const macKey = sha512(concatBytes(utf8ToBytes('CPaceMac'), sessionId, intermediateKey))
  return hmac(sha512, macKey, lengthValueConcat(party.share, party.associatedData))
}

function decodePoint(encoded: Uint8Array) {
  try {
    return ristretto255.Point.fromBytes(encoded)
  } catch (cause) {
    throw alteredMessageError(cause)
  }
}
