import { equalBytes } from '@noble/curves/utils.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { ShareError } from '../errors.ts'
import { lengthValueConcat } from './length-value.ts'
import { PROTOCOL_VERSION } from './protocol-version.ts'
import { otherRole, type Role } from './role.ts'
import { encodeLane } from './session-keys.ts'

/** One end of one lane. Fingerprints are as in SDP (RFC 8122): `sha-256 AB:CD:...`. */
export interface LaneEnd {
  bindKey: Uint8Array
  role: Role
  lane: number
  ownFingerprint: string
  peerFingerprint: string
}

const FINGERPRINT = /^(sha-256)[ ]+((?:[0-9a-f]{2}:){31}[0-9a-f]{2})$/i

/**
 * The first frame on a lane (64 bytes): shows that whoever ends the DTLS connection with these two
 * certificates holds the session's keys. Throws a `protocol` ShareError for a malformed fingerprint.
 */
export function createBinding(end: LaneEnd): Uint8Array {
  return hmac(
    sha512,
    end.bindKey,
    lengthValueConcat(
      `${PROTOCOL_VERSION} lane binding`,
      end.role,
      encodeLane(end.lane),
      normaliseFingerprint(end.ownFingerprint),
      normaliseFingerprint(end.peerFingerprint),
    ),
  )
}

/** Checks the first frame that arrives at `end`; throws an `integrity` ShareError if it is wrong. */
export function verifyBinding(end: LaneEnd, binding: Uint8Array): void {
  const expected = createBinding({
    ...end,
    role: otherRole(end.role),
    ownFingerprint: end.peerFingerprint,
    peerFingerprint: end.ownFingerprint,
  })
  if (!equalBytes(expected, binding)) {
    throw new ShareError('integrity', 'The connection does not end at the machine with the code')
  }
}

function normaliseFingerprint(fingerprint: string): string {
  const [, algorithm, digest] = FINGERPRINT.exec(fingerprint) ?? []
  if (algorithm === undefined || digest === undefined) {
    throw new ShareError('protocol', 'The connection has no usable fingerprint')
  }
  return `${algorithm.toLowerCase()} ${digest.toUpperCase()}`
}
