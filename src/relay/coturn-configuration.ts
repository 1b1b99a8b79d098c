import { isIPv6 } from 'node:net'
import {
  MAX_RELAY_ALLOCATIONS,
  MAX_RELAY_ALLOCATIONS_PER_SIDE,
  MAX_RELAY_BYTES_PER_SECOND,
} from '../limits.ts'
import { deniedRanges } from './denied-ranges.ts'
import type { RelayAddress } from './relay-address.ts'

export interface CoturnSettings {
  secret: string
  listeners: readonly Listener[]
  /** Whether peers may have private addresses. */
  isPrivate: boolean
  /** Whom it becomes once it has its ports; where it is started by root. */
  user?: { name: string; group: string } | undefined
}

export interface Listener extends RelayAddress {
  /** The first is the main one. */
  ports: readonly [number, ...number[]]
}

/**
 * A turnserver.conf (coturn 4.6 to 4.17; what a later version no longer knows in such a file it
 * warns of and goes on). Said here is also what some of them do by themselves.
 */
export function coturnConfiguration({
  secret,
  listeners,
  isPrivate,
  user,
}: CoturnSettings): string {
  const hasIPv4 = listeners.some(({ local }) => !isIPv6(local))
  const lines = [
    'realm=p2pshare',
    'use-auth-secret',
    `static-auth-secret=${secret}`,
    // The system's database may hold secrets and users of somebody else.
    'userdb=:memory:',
    'no-dynamic-ip-list',
    'no-dynamic-realms',
    'pidfile=/dev/null',
    'log-file=stdout',
    'fingerprint',
    'no-cli',
    'no-tls',
    'no-dtls',
    'no-tcp-relay',
    'no-multicast-peers',
    'no-software-attribute',
    'no-rfc5780',
    'no-stun-backward-compatibility',
    'response-origin-only-with-rfc5780',
    `user-quota=${MAX_RELAY_ALLOCATIONS_PER_SIDE}`,
    `total-quota=${MAX_RELAY_ALLOCATIONS}`,
    `max-bps=${MAX_RELAY_BYTES_PER_SECOND}`,
    // Over IPv6 to a relay that has IPv4 as well, IPv4 reaches more peers.
    `allocation-default-address-family=${hasIPv4 ? 'ipv4' : 'keep'}`,
    `listening-port=${listeners[0]?.ports[0]}`,
    ...listeners.flatMap(listenerLines),
    ...deniedRanges({ isPrivate }).map(([first, last]) => `denied-peer-ip=${first}-${last}`),
    ...(user === undefined ? [] : [`proc-user=${user.name}`, `proc-group=${user.group}`]),
  ]
  return `${lines.join('\n')}\n`
}

function listenerLines({ public: outer, local, ports }: Listener): string[] {
  const host = isIPv6(local) ? `[${local}]` : local
  const [, ...more] = ports
  return [
    `listening-ip=${local}`,
    `relay-ip=${local}`,
    ...(outer === local ? [] : [`external-ip=${outer}/${local}`]),
    // Two sides of a transfer that both use this relay meet at its own address, private or not.
    ...new Set([`allowed-peer-ip=${local}-${local}`, `allowed-peer-ip=${outer}-${outer}`]),
    ...more.map((port) => `aux-server=${host}:${port}`),
  ]
}
