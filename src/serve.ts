import { ShareError, throwIfAborted } from './errors.ts'
import { localAddresses } from './lan/local-addresses.ts'
import { DEFAULT_RENDEZVOUS_PORT } from './limits.ts'
import { checkTurnSecret, turnCredential } from './relay/turn-credential.ts'
import { formatRendezvousAddress } from './rendezvous/address.ts'
import { checkIceUrls } from './rendezvous/ice-server.ts'
import type { Budgets } from './rendezvous/server/budgets.ts'
import type { ServerLogger } from './rendezvous/server/logger.ts'
import type { IceServerProvider } from './rendezvous/server/rendezvous.ts'
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
}

export interface Serving extends RendezvousServer {
  /** For `--rendezvous` on another machine. */
  url: string
}

const WILDCARDS = ['::', '0.0.0.0']

/**
 * Runs a rendezvous server until it is closed or `signal` is aborted.
 * @throws ShareError `usage` where it cannot listen, or why `signal` was aborted.
 */
export async function serve({
  port = DEFAULT_RENDEZVOUS_PORT,
  signal,
  ...options
}: ServeOptions = {}): Promise<Serving> {
  throwIfAborted(signal)
  const iceServers = iceServerProvider(options)
  const server = await startRendezvousServer({ ...options, port, iceServers }).catch(
    (cause: unknown) => {
      throw cannotListen(cause, options.host, port)
    },
  )
  const onAbort = (): void => void server.close()
  const close = async (): Promise<void> => {
    signal?.removeEventListener('abort', onAbort)
    await server.close()
  }
  if (signal?.aborted) {
    await close()
    throwIfAborted(signal)
  }
  signal?.addEventListener('abort', onAbort, { once: true })
  return { ...server, close, url: urlOf(server) }
}

/** Throws ShareError `usage` for what is no such URL, and for relays without a secret or the reverse. */
function iceServerProvider({ stun = [], turn = [], turnSecret }: ServeOptions): IceServerProvider {
  checkIceUrls(stun, 'stun')
  checkIceUrls(turn, 'turn')
  const stunServers = stun.length === 0 ? [] : [{ urls: [...stun] }]
  if (turnSecret === undefined && turn.length === 0) return () => stunServers
  if (turnSecret === undefined) {
    throw new ShareError('usage', 'A relay (--turn) needs its secret', {
      hint: 'Name it with --turn-secret, or in P2PSHARE_TURN_SECRET.',
    })
  }
  checkTurnSecret(turnSecret)
  if (turn.length === 0) {
    throw new ShareError('usage', 'There is a TURN secret, but no relay for it', {
      hint: 'Name the relay with --turn.',
    })
  }
  return () => [...stunServers, { urls: [...turn], ...turnCredential(turnSecret) }]
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
