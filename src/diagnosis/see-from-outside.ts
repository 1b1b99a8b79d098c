import { lookup } from 'node:dns/promises'
import { MAX_STUN_SERVERS } from '../limits.ts'
import type { Sighting } from './nat-mapping.ts'
import type { TransportAddress } from './stun-message.ts'
import { type Family, StunSocket } from './stun-socket.ts'

/** Where a STUN server is, by name or address. */
export interface StunServer {
  host: string
  port: number
}

/** What the STUN servers of one address family were asked, and what they saw. */
export interface View {
  asked: number
  sightings: Sighting[]
}

export interface OutsideView {
  ipv4: View
  ipv6: View
}

/**
 * Asks all `servers` over IPv4 and IPv6, from one socket each. Never throws: a server that is not
 * found, or a family that this machine lacks, is one that nothing was seen over.
 */
export async function seeFromOutside(
  servers: readonly StunServer[],
  signal: AbortSignal,
): Promise<OutsideView> {
  const [ipv4, ipv6] = await Promise.all([view(servers, 4, signal), view(servers, 6, signal)])
  return { ipv4, ipv6 }
}

async function view(
  servers: readonly StunServer[],
  family: Family,
  signal: AbortSignal,
): Promise<View> {
  const found = await Promise.all(servers.map((server) => addressesOf(server, family)))
  const targets = distinct(found.flat()).slice(0, MAX_STUN_SERVERS)
  if (targets.length === 0) return { asked: 0, sightings: [] }
  let socket: StunSocket
  try {
    socket = await StunSocket.open(family)
  } catch {
    return { asked: targets.length, sightings: [] }
  }
  try {
    const others: TransportAddress[] = []
    const ask = async (server: TransportAddress): Promise<Sighting[]> => {
      const response = await socket.ask(server, signal)
      if (response?.other) others.push(response.other)
      return response ? [{ server, mapped: response.mapped }] : []
    }
    const sightings = (await Promise.all(targets.map(ask))).flat()
    // A single server with two addresses is enough to compare (RFC 5780, section 4.3).
    const [other] = others
    const isAlone = new Set(sightings.map(({ server }) => server.address)).size === 1
    if (isAlone && other) sightings.push(...(await ask(other)))
    return { asked: targets.length, sightings }
  } finally {
    socket.close()
  }
}

async function addressesOf({ host, port }: StunServer, family: Family) {
  const found = await lookup(host, { family, all: true }).catch(() => [])
  return found.filter((each) => each.family === family).map(({ address }) => ({ address, port }))
}

function distinct(addresses: readonly TransportAddress[]): TransportAddress[] {
  return [...new Map(addresses.map((each) => [`${each.address} ${each.port}`, each])).values()]
}
