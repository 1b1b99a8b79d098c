import type { StunServer } from './see-from-outside.ts'

/** As a rendezvous hands it out, or a user names it. */
export interface IceServerInfo {
  urls: string[]
  username?: string
  credential?: string
}

/** What there is to check of a list of ICE servers. */
export interface IceTargets {
  /** Whoever answers binding requests over UDP: TURN servers do too (RFC 8656, section 3). */
  stun: StunServer[]
  relayUdp: IceServerInfo[]
  relayTcp: IceServerInfo[]
}

const STUN_PORT = 3478
const HTTPS_PORT = 443

/** RFC 7064 and RFC 7065, as far as an address goes. */
const ICE_URL =
  /^(stuns?|turns?):(\[[\da-f:.]+\]|[^:?[\]]+)(?::(\d{1,5}))?(?:\?transport=(udp|tcp))?$/i

/**
 * Sorts `iceServers` by what each URL is good for. Of relays over TCP only those on port 443 are
 * kept where there are any, because that port is what strict networks let through.
 */
export function iceTargets(iceServers: readonly IceServerInfo[]): IceTargets {
  const stun = new Map<string, StunServer>()
  const relayUdp: IceServerInfo[] = []
  const relayTcp: (IceServerInfo & { port: number })[] = []
  for (const { urls, ...credentials } of iceServers) {
    for (const url of urls) {
      const parsed = parseIceUrl(url)
      if (parsed === undefined) continue
      const { scheme, host, port, isTcp } = parsed
      if (!isTcp) stun.set(`${host} ${port}`, { host, port })
      if (!scheme.startsWith('turn')) continue
      if (isTcp) relayTcp.push({ urls: [url], ...credentials, port })
      else relayUdp.push({ urls: [url], ...credentials })
    }
  }
  const on443 = relayTcp.filter(({ port }) => port === HTTPS_PORT)
  const tcp = on443.length > 0 ? on443 : relayTcp
  return {
    stun: [...stun.values()],
    relayUdp,
    relayTcp: tcp.map(({ port: _port, ...server }) => server),
  }
}

function parseIceUrl(url: string) {
  const [, scheme = '', host = '', port, transport] = ICE_URL.exec(url) ?? []
  if (scheme === '') return undefined
  const isSecure = /s$/i.test(scheme)
  return {
    scheme: scheme.toLowerCase(),
    host: host.replace(/^\[|\]$/g, ''),
    port: port === undefined ? (isSecure ? 5349 : STUN_PORT) : Number(port),
    // TLS runs over TCP unless DTLS is asked for, which the engine does not speak.
    isTcp: isSecure || transport?.toLowerCase() === 'tcp',
  }
}
