import { ShareError, throwIfAborted } from './errors.ts'
import { localAddresses } from './lan/local-addresses.ts'
import { DEFAULT_RENDEZVOUS_PORT, MAX_ICE_URLS } from './limits.ts'
import {
  checkRelayAddresses,
  chooseRelayAddresses,
  parseRelayAddress,
  type RelayAddress,
} from './relay/relay-address.ts'
import { RELAY_URLS, type Relay, startRelay } from './relay/start-relay.ts'
import { checkTurnSecret, newTurnSecret, turnCredential } from './relay/turn-credential.ts'
import { formatRendezvousAddress } from './rendezvous/address.ts'
import { checkIceUrls, type IceServer } from './rendezvous/ice-server.ts'
import type { Budgets } from './rendezvous/server/budgets.ts'
import { createServerLogger, type ServerLogger } from './rendezvous/server/logger.ts'
import {
  type RendezvousServer,
  startRendezvousServer,
} from './rendezvous/server/start-rendezvous-server.ts'

export { createServerLogger, type ServerLogger } from './rendezvous/server/logger.ts'

export interface ServeOptions {
  /** The address to listen on; all of this machine's when absent. */
  host?: string
  /** 7342 when absent, 0 for any free one. */
  port?: number
  /** Ends the server when it is aborted. */
  signal?: AbortSignal
  /** Silent when absent; see `createServerLogger`. */
  logger?: ServerLogger
  /** What one address, one socket and one mailbox may use. */
  budgets?: Partial<Budgets>
  /** Addresses or networks of reverse proxies whose `X-Forwarded-For` is believed. */
  trustedProxies?: readonly string[]
  /** URLs of STUN servers that both sides are told of once both are there. */
  stun?: readonly string[]
  /** URLs of relays, for which both sides get credentials made with `turnSecret`. */
  turn?: readonly string[]
  /** What the relays know as their shared secret (draft-uberti-behave-turn-rest-00). */
  turnSecret?: string
  /**
   * Runs a relay and STUN server too, at these addresses (`ADDRESS`, or `PUBLIC/PRIVATE` behind a
   * 1:1 NAT), or where there are none at those of this machine. It needs coturn.
   */
  relay?: readonly string[]
  /** The relay is inside a private network, and may reach private addresses. */
  relayPrivate?: boolean
}

export interface Serving extends RendezvousServer {
  /** For `--rendezvous` on another machine. */
  url: string
}

const WILDCARDS = ['::', '0.0.0.0']

/**
 * Runs a rendezvous server, and a relay where one is asked for, until it is closed or `signal` is
 * aborted.
 * @throws ShareError `usage` where it cannot listen, or why `signal` was aborted.
 */
export async function serve({ signal, ...options }: ServeOptions = {}): Promise<Serving> {
  throwIfAborted(signal)
  const ice = iceSettings(options)
  let relay: Relay | undefined
  const iceServers = (): IceServer[] => handedOut(ice, relay)
  const server = await listen(options, iceServers)
  const onAbort = (): void => void close()
  const close = async (): Promise<void> => {
    signal?.removeEventListener('abort', onAbort)
    await Promise.all([server.close(), relay?.close()])
  }
  try {
    if (ice.relayAddresses !== undefined) {
      relay = await startRelay({
        addresses: ice.relayAddresses,
        isPrivate: options.relayPrivate === true,
        secret: ice.secret,
        logger: options.logger ?? createServerLogger({ level: 'silent' }),
        ...(signal !== undefined && { signal }),
      })
    }
    throwIfAborted(signal)
  } catch (error) {
    await close()
    throw error
  }
  signal?.addEventListener('abort', onAbort, { once: true })
  return { ...server, close, url: urlOf(server) }
}

interface IceSettings {
  stun: readonly string[]
  turn: readonly string[]
  secret: string
  relayAddresses: RelayAddress[] | undefined
}

/** Throws ShareError `usage` for what is no such URL or address, and for what does not go together. */
function iceSettings(options: ServeOptions): IceSettings {
  const { stun = [], turn = [], turnSecret, relay, relayPrivate } = options
  checkIceUrls(stun, 'stun')
  checkIceUrls(turn, 'turn')
  if (turnSecret !== undefined) checkTurnSecret(turnSecret)
  if (turn.length > 0 && turnSecret === undefined) {
    throw new ShareError('usage', 'A relay (--turn) needs its secret', {
      hint: 'Name it with --turn-secret, or in P2PSHARE_TURN_SECRET.',
    })
  }
  if (relay === undefined && relayPrivate === true) {
    throw new ShareError('usage', '--relay-private is of a relay, and there is none', {
      hint: 'Add --relay.',
    })
  }
  if (relay === undefined && turn.length === 0 && turnSecret !== undefined) {
    throw new ShareError('usage', 'There is a TURN secret, but no relay for it', {
      hint: 'Name the relay with --turn, or start one with --relay.',
    })
  }
  const relayAddresses = relay && relayAddressesOf(relay)
  const urls = stun.length + turn.length + RELAY_URLS * (relayAddresses?.length ?? 0)
  if (urls > MAX_ICE_URLS) {
    throw new ShareError('usage', `Clients take no more than ${MAX_ICE_URLS} URLs, not ${urls}`, {
      hint: 'Leave out some of --stun, --turn and --relay.',
    })
  }
  return { stun, turn, secret: turnSecret ?? newTurnSecret(), relayAddresses }
}

function relayAddressesOf(texts: readonly string[]): RelayAddress[] {
  if (texts.length === 0) return chooseRelayAddresses(localAddresses())
  const addresses = texts.map(parseRelayAddress)
  checkRelayAddresses(addresses)
  return addresses
}

/** What one side of one pairing is told. */
function handedOut({ stun, turn, secret }: IceSettings, relay: Relay | undefined): IceServer[] {
  const stunUrls = [...(relay?.stunUrls ?? []), ...stun]
  const turnUrls = [...(relay?.turnUrls ?? []), ...turn]
  return [
    ...(stunUrls.length === 0 ? [] : [{ urls: stunUrls }]),
    ...(turnUrls.length === 0 ? [] : [{ urls: turnUrls, ...turnCredential(secret) }]),
  ]
}

async function listen(
  { port = DEFAULT_RENDEZVOUS_PORT, ...options }: ServeOptions,
  iceServers: () => IceServer[],
): Promise<RendezvousServer> {
  return startRendezvousServer({ ...options, port, iceServers }).catch((cause: unknown) => {
    throw cannotListen(cause, options.host, port)
  })
}

function urlOf({ host, port }: RendezvousServer): string {
  const reachable = WILDCARDS.includes(host) ? (localAddresses()[0] ?? '127.0.0.1') : host
  return `http://${formatRendezvousAddress(reachable, port)}`
}

function cannotListen(cause: unknown, host: string | undefined, port: number): unknown {
  const where = host === undefined ? `port ${port}` : `port ${port} of ${host}`
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  switch (code) {
    case 'EADDRINUSE':
      return new ShareError('usage', `Something else is using ${where}`, {
        hint: 'Choose another port with --port.',
        cause,
      })
    case 'EACCES':
      return new ShareError('usage', `This user may not listen on ${where}`, {
        hint: 'Choose a port above 1023 with --port.',
        cause,
      })
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new ShareError('usage', `${host} is no address of this machine`, { cause })
    default:
      return cause
  }
}
