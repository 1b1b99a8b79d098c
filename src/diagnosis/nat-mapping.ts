import type { NatMapping } from '../events.ts'
import { canonicalAddress, type TransportAddress } from './stun-message.ts'

/** What one server saw of the one socket that asked them all. */
export interface Sighting {
  server: TransportAddress
  mapped: TransportAddress
}

/**
 * How a NAT maps this side, from what servers saw (RFC 4787, section 4.1): `none` where that is this
 * machine's own address, `cone` where all saw the same (endpoint-independent), `symmetric` where
 * each saw another (address-dependent), `unknown` where there is nothing to compare.
 * `isOwnAddress` tells the addresses of this machine.
 */
export function natMapping(
  sightings: readonly Sighting[],
  isOwnAddress: (address: string) => boolean,
): NatMapping {
  const [first, ...others] = sightings
  if (first === undefined) return 'unknown'
  const isUnmapped = ({ mapped: { address, port } }: Sighting) =>
    isOwnAddress(address) && port === first.mapped.port
  // A machine on two networks is seen at two of its addresses, but at the same port.
  if (sightings.every(isUnmapped)) return 'none'
  if (others.some(({ mapped }) => !isSame(mapped, first.mapped))) return 'symmetric'
  return others.some(({ server }) => !isSame(server, first.server)) ? 'cone' : 'unknown'
}

function isSame(one: TransportAddress, other: TransportAddress): boolean {
  return (
    one.port === other.port && canonicalAddress(one.address) === canonicalAddress(other.address)
  )
}
