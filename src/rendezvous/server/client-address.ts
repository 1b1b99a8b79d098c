import type { IncomingMessage } from 'node:http'
import { BlockList, isIP, isIPv6 } from 'node:net'
import { ShareError } from '../../errors.ts'
import { printable } from '../../printable.ts'

/** The longest `X-Forwarded-For` that is looked at: a few proxies. */
const MAX_HOPS = 16

/**
 * The addresses and networks (`10.0.0.1`, `fd00::/8`) of the reverse proxies in front of a server.
 * @throws ShareError `usage` for a text that is neither.
 */
export function trustedProxyList(proxies: readonly string[]): BlockList {
  const list = new BlockList()
  for (const proxy of proxies) {
    const [address = '', prefix] = proxy.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    const longest = family === 'ipv6' ? 128 : 32
    const length = prefix === undefined ? longest : Number(prefix)
    const isNetwork = prefix === undefined || /^\d{1,3}$/.test(prefix)
    if (isIP(address) === 0 || !isNetwork || length > longest) {
      throw new ShareError('usage', `"${printable(proxy)}" is no IP address or network`, {
        hint: 'Name reverse proxies like 10.0.0.1 or fd00::/8.',
      })
    }
    list.addSubnet(address, length, family)
  }
  return list
}

export function isTrusted(address: string, proxies: BlockList): boolean {
  return isIP(address) !== 0 && proxies.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

/**
 * Where a request comes from: the other end of the connection, or behind trusted proxies the
 * rightmost hop of `X-Forwarded-For` that is none of them; what stands left of that is hearsay.
 */
export function clientAddress(request: IncomingMessage, proxies: BlockList): string {
  let address = request.socket.remoteAddress ?? ''
  const forwarded = request.headers['x-forwarded-for']
  const hops = [forwarded ?? []].flat().join(',').split(',').slice(-MAX_HOPS)
  while (isTrusted(address, proxies)) {
    const hop = hops.pop()?.trim() ?? ''
    if (isIP(hop) === 0) break
    address = hop
  }
  return address
}

/** Who shares a budget: an IPv4 address, however written, or an IPv6 /64 (RFC 6177: one site). */
export function addressKey(address: string): string {
  const zoneless = address.replace(/%.*$/, '')
  if (!isIPv6(zoneless)) return zoneless
  const groups = expandIPv6(zoneless)
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 0xff])
      .join('.')
  }
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`
}

/** The eight groups of a valid IPv6 address; the URL parser writes them all in one form. */
function expandIPv6(address: string): number[] {
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const left = groupsOf(head)
  if (tail === undefined) return left
  const right = groupsOf(tail)
  return [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right]
}

function groupsOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
}
