import { BlockList, isIP, isIPv6 } from 'node:net'
import { ShareError } from '../errors.ts'
import { DEFAULT_RENDEZVOUS_PORT } from '../limits.ts'
import { printable } from '../printable.ts'

/** Longer than any host name (253) with scheme and port. */
const MAX_ADDRESS_LENGTH = 300

/** RFC 1918, 3927, 4193, 4291: what stays in this machine or network. */
const LOCAL = new BlockList()
LOCAL.addSubnet('127.0.0.0', 8)
LOCAL.addSubnet('10.0.0.0', 8)
LOCAL.addSubnet('172.16.0.0', 12)
LOCAL.addSubnet('192.168.0.0', 16)
LOCAL.addSubnet('169.254.0.0', 16)
LOCAL.addAddress('::1', 'ipv6')
LOCAL.addSubnet('fc00::', 7, 'ipv6')
LOCAL.addSubnet('fe80::', 10, 'ipv6')

const LOCAL_NAME = /(?:^[^.]+|\.local|\.internal|\.home\.arpa)$/

const SCHEMES: Record<string, 'http' | 'https'> = {
  http: 'http',
  ws: 'http',
  https: 'https',
  wss: 'https',
}

/**
 * The URL (scheme, host and port, without a slash at the end) of the rendezvous that `text` names:
 * `host`, `host:port`, `[v6]`, `[v6]:port` or an http, https, ws or wss URL. Without a scheme, a
 * host of this machine or network is asked by http on port 7342 and any other by https on 443.
 * @throws ShareError `usage` where `text` is none of these, or asks a public host without TLS.
 */
export function parseRendezvousAddress(text: string): string {
  const trimmed = text.trim()
  const explicit = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is.exec(trimmed)
  if (explicit === null) return fromHostAndPort(isIPv6(trimmed) ? `[${trimmed}]` : trimmed, text)
  const scheme = SCHEMES[(explicit[1] ?? '').toLowerCase()]
  if (scheme === undefined) throw malformed(text)
  const url = parseUrl(scheme, explicit[2] ?? '', text)
  if (scheme === 'http' && !isLocalHost(url.hostname)) {
    throw new ShareError('usage', `${url.host} is not in this network, so it must use TLS`, {
      hint: `Use https://${url.hostname} instead.`,
    })
  }
  return url.origin
}

/** `host:port` as it stands after the `@` of a code, with brackets around an IPv6 address. */
export function formatRendezvousAddress(host: string, port: number): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`
}

/** The shortest text that `parseRendezvousAddress` takes for `url`, which it gave. */
export function shortRendezvousAddress(url: string): string {
  const { host } = new URL(url)
  return parseRendezvousAddress(host) === url ? host : url
}

function fromHostAndPort(hostAndPort: string, text: string): string {
  const { hostname } = parseUrl('http', hostAndPort, text)
  const secure = !isLocalHost(hostname)
  // Not `url.port`, which is empty for the default port of the scheme it was parsed with.
  const port = /:(\d+)\/?$/.exec(hostAndPort)?.[1]
  const defaultPort = secure ? 443 : DEFAULT_RENDEZVOUS_PORT
  return new URL(`${secure ? 'https' : 'http'}://${hostname}:${port ?? defaultPort}`).origin
}

function parseUrl(scheme: string, rest: string, text: string): URL {
  if (rest.length > MAX_ADDRESS_LENGTH || !URL.canParse(`${scheme}://${rest}`))
    throw malformed(text)
  const url = new URL(`${scheme}://${rest}`)
  const isBare = `${url.username}${url.password}${url.search}${url.hash}` === ''
  if (!isBare || url.pathname !== '/' || url.port === '0' || /[\s@?#\\]/.test(rest)) {
    throw malformed(text)
  }
  return url
}

/** Whether it stays in this machine or network. `hostname` as the URL parser leaves it: lower case, IPv4 in four parts, IPv6 in brackets. */
export function isLocalHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  const family = isIP(host)
  if (family === 0) return LOCAL_NAME.test(host)
  return LOCAL.check(host, family === 6 ? 'ipv6' : 'ipv4')
}

function malformed(text: string): ShareError {
  const shown = printable(text, 80)
  return new ShareError('usage', `"${shown}" is not the address of a rendezvous server`, {
    hint: 'Write host, host:port or https://host.',
  })
}
