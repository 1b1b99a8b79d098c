import { BlockList, isIP, isIPv6 } from 'node:net'
import { ShareError } from '../errors.ts'
import { MAX_RELAY_ADDRESSES } from '../limits.ts'
import { printable } from '../printable.ts'

/** Where a relay is reached, and where it listens for that: another address behind a 1:1 NAT. */
export interface RelayAddress {
  public: string
  local: string
}

/** What cannot be another machine's way to this one. */
const UNREACHABLE = new BlockList()
UNREACHABLE.addSubnet('0.0.0.0', 8)
UNREACHABLE.addSubnet('127.0.0.0', 8)
UNREACHABLE.addSubnet('169.254.0.0', 16)
UNREACHABLE.addSubnet('224.0.0.0', 3)
UNREACHABLE.addSubnet('fe80::', 10, 'ipv6')
UNREACHABLE.addSubnet('ff00::', 8, 'ipv6')
/** Of IPv6 alone: it contains `::ffff:0:0/96`, as which this list sees IPv4. */
const UNREACHABLE_IPV6 = new BlockList()
UNREACHABLE_IPV6.addSubnet('::', 3, 'ipv6')

/** RFC 1918, 6598 and 4193. */
const PRIVATE = new BlockList()
PRIVATE.addSubnet('10.0.0.0', 8)
PRIVATE.addSubnet('100.64.0.0', 10)
PRIVATE.addSubnet('172.16.0.0', 12)
PRIVATE.addSubnet('192.168.0.0', 16)
PRIVATE.addSubnet('fc00::', 7, 'ipv6')

/**
 * Reads `ADDRESS` or `PUBLIC/PRIVATE`, IPv4 or IPv6.
 * @throws ShareError `usage` where `text` is neither, or nobody else could reach it.
 */
export function parseRelayAddress(text: string): RelayAddress {
  const [outer = '', local = outer, ...rest] = text.split('/')
  const isPair = isIP(outer) !== 0 && isIP(outer) === isIP(local) && rest.length === 0
  if (!isPair || text.includes('%')) {
    throw new ShareError('usage', `"${printable(text)}" is no address for a relay`, {
      hint: 'Say --relay 192.0.2.1, or --relay PUBLIC/PRIVATE where a NAT maps one to the other.',
    })
  }
  const unreachable = [outer, local].find(isUnreachable)
  if (unreachable === undefined) return { public: outer, local }
  throw new ShareError('usage', `Nobody else can reach a relay at ${unreachable}`, {
    hint: 'Name the address at which others reach this machine.',
  })
}

/**
 * The addresses of this machine that a relay is likely to be reached at, of all that it has: one of
 * each family, a public one rather than a private one, and no IPv6 address that is private.
 * @throws ShareError `usage` where there is none.
 */
export function chooseRelayAddresses(own: readonly string[]): RelayAddress[] {
  const reachable = own.filter((address) => !isUnreachable(address))
  const isPublic = (address: string) => !isPrivateAddress(address)
  const ipv4 = reachable.filter((address) => !isIPv6(address))
  const ipv6 = reachable.filter((address) => isIPv6(address) && isPublic(address))
  const chosen = [ipv4.find(isPublic) ?? ipv4[0], ipv6[0]].filter((each) => each !== undefined)
  if (chosen.length > 0) return chosen.map((address) => ({ public: address, local: address }))
  throw new ShareError('usage', 'This machine has no address for a relay', {
    hint: 'Name the address at which others reach it, after --relay.',
  })
}

/** Throws ShareError `usage` for more addresses than clients can be told of, or the same twice. */
export function checkRelayAddresses(addresses: readonly RelayAddress[]): void {
  const isRepeated = new Set(addresses.map(({ local }) => local)).size < addresses.length
  if (!isRepeated && addresses.length <= MAX_RELAY_ADDRESSES) return
  throw new ShareError('usage', `A relay has up to ${MAX_RELAY_ADDRESSES} different addresses`)
}

function isUnreachable(address: string): boolean {
  return isIn(UNREACHABLE, address) || (isIPv6(address) && isIn(UNREACHABLE_IPV6, address))
}

export function isPrivateAddress(address: string): boolean {
  return isIn(PRIVATE, address)
}

function isIn(list: BlockList, address: string): boolean {
  return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}
