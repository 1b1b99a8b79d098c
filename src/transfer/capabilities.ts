import { ShareError } from '../errors.ts'

/** The versions of PROTOCOL.md that this program speaks, best first. */
const VERSIONS = ['transfer/1'] as const

/**
 * What this side can do, as the bytes that the PAKE authenticates: names separated by blanks. A
 * name that the other side does not know means nothing to it, so new ones can be added freely.
 */
export function ownCapabilities(): Uint8Array {
  return new TextEncoder().encode(VERSIONS.join(' '))
}

/**
 * What both sides can do, from the other side's capabilities.
 * Throws `incompatible` where there is no version that both speak.
 */
export function sharedCapabilities(peerCapabilities: Uint8Array): ReadonlySet<string> {
  const peer = new Set(new TextDecoder().decode(peerCapabilities).split(' '))
  const shared = new Set(VERSIONS.filter((version) => peer.has(version)))
  if (shared.size === 0) {
    throw new ShareError('incompatible', 'The two sides run versions of p2pshare that do not mix')
  }
  return shared
}
