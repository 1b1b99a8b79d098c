import { ShareError } from '../errors.ts'

/** The versions of PROTOCOL.md that this program speaks, best first. */
export const TRANSFER_VERSIONS: readonly string[] = ['transfer/4']

/** The name by which a side says that it wants to compare words: then both show them. */
export const VERIFY_CAPABILITY = 'verify'

/**
 * What this side can do, as the bytes that the PAKE authenticates: names separated by blanks,
 * those of the versions, and the `further` ones of encodings that it can decode and of
 * what it wants. A name that the other side does not know means nothing to it, so new ones can be added freely.
 */
export function ownCapabilities(further: readonly string[]): Uint8Array {
  return new TextEncoder().encode([...TRANSFER_VERSIONS, ...further].join(' '))
}

/**
 * What the other side can do.
 * Throws `incompatible` where there is no version that both speak.
 */
export function namedCapabilities(peerCapabilities: Uint8Array): ReadonlySet<string> {
  const names = new Set(new TextDecoder().decode(peerCapabilities).split(' '))
  if (!TRANSFER_VERSIONS.some((version) => names.has(version))) {
    throw new ShareError('incompatible', 'The two sides run versions of p2pshare that do not mix')
  }
  return names
}
