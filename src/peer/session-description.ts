import { ShareError } from '../errors.ts'
import { DEFAULT_PEER_MESSAGE_BYTES, MAX_MESSAGE_BYTES, MIN_PEER_MESSAGE_BYTES } from '../limits.ts'

/**
 * The certificate fingerprint in `sdp`, as `sha-256 AB:CD:...` in upper-case hex.
 * Throws `protocol` unless there is exactly one, it is SHA-256, and the description is of one
 * data channel section and nothing else (RFC 8841, RFC 8122).
 */
export function sdpFingerprint(sdp: string): string {
  const lines = sdp.split(/\r?\n/)
  const media = lines.filter((line) => line.startsWith('m='))
  const fingerprints = lines.filter((line) => /^a=fingerprint:/i.test(line))
  const [fingerprint] = fingerprints
  const digest = /^a=fingerprint:sha-256 ((?:[0-9a-f]{2}:){31}[0-9a-f]{2})$/i.exec(
    fingerprint ?? '',
  )
  if (
    media.length !== 1 ||
    !/^m=application \d+ UDP\/DTLS\/SCTP webrtc-datachannel$/.test(media[0] ?? '') ||
    fingerprints.length !== 1 ||
    digest?.[1] === undefined
  ) {
    throw new ShareError('protocol', 'The other side described a connection that is not ours')
  }
  return `sha-256 ${digest[1].toUpperCase()}`
}

/**
 * The largest message in bytes that both we and the author of `sdp` take (RFC 8841, section 6.1).
 * Throws `protocol` where that is too small to carry our frames.
 */
export function sdpMaxMessageBytes(sdp: string): number {
  const attribute = /^a=max-message-size:(\d{1,15})\r?$/m.exec(sdp)?.[1]
  const announced = attribute === undefined ? DEFAULT_PEER_MESSAGE_BYTES : Number(attribute)
  const bytes = announced === 0 ? MAX_MESSAGE_BYTES : Math.min(announced, MAX_MESSAGE_BYTES)
  if (bytes < MIN_PEER_MESSAGE_BYTES) {
    throw new ShareError('protocol', `The other side takes messages of ${bytes} bytes only`)
  }
  return bytes
}
