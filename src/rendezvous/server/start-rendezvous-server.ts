import { once } from 'node:events'
import type { Server as HttpServer, IncomingMessage } from 'node:http'
import { Server } from 'socket.io'
import {
  MAX_RENDEZVOUS_MESSAGE_BYTES,
  SERVER_PING_INTERVAL_MS,
  SERVER_PING_TIMEOUT_MS,
  SERVER_SHUTDOWN_TIMEOUT_MS,
  SOCKET_CONNECT_TIMEOUT_MS,
} from '../../limits.ts'
import { SOCKET_PATH } from '../protocol.ts'
import { AbuseLog } from './abuse-log.ts'
import { type Budgets, DEFAULT_BUDGETS } from './budgets.ts'
import { addressKey, clientAddress, trustedProxyList } from './client-address.ts'
import { Connections } from './connections.ts'
import { createHttpServer } from './http-server.ts'
import type { IceServerProvider } from './ice-server-provider.ts'
import { createServerLogger, type ServerLogger } from './logger.ts'
import { Rendezvous } from './rendezvous.ts'

export interface RendezvousServerOptions {
  /** The address to listen on; all of the machine's when absent. */
  host?: string
  /** 0 for any free one. */
  port: number
  /** Silent when absent. */
  logger?: ServerLogger
  /** The fewest digits of a nameplate that is given out; 1 when absent. */
  minDigits?: number
  budgets?: Partial<Budgets>
  /** Addresses or networks of reverse proxies whose `X-Forwarded-For` is believed. */
  trustedProxies?: readonly string[]
  /** None when absent. */
  iceServers?: IceServerProvider
}

export interface RendezvousServer {
  host: string
  port: number
  /** Ends every connection and frees the port, within SERVER_SHUTDOWN_TIMEOUT_MS. */
  close(): Promise<void>
}

/**
 * Runs a rendezvous (PROTOCOL.md) until it is closed.
 * @throws Node's own error where it cannot listen there, with `code` EADDRINUSE where another port
 * would help.
 */
export async function startRendezvousServer({
  host,
  port,
  logger = createServerLogger({ level: 'silent' }),
  minDigits = 1,
  budgets: chosen,
  trustedProxies = [],
  iceServers = () => [],
}: RendezvousServerOptions): Promise<RendezvousServer> {
  const budgets = { ...DEFAULT_BUDGETS, ...chosen }
  const proxies = trustedProxyList(trustedProxies)
  const abuse = new AbuseLog(logger)
  const server = createHttpServer(budgets.sockets)
  const connections = new Connections(server, {
    perAddress: budgets.socketsPerAddress,
    proxies,
    onRefused: (address) => abuse.report(address, 'connections'),
  })
  const bound = await listen(server, host, port)

  const io = createSocketServer(server, (request) => connections.admit(request))
  const rendezvous = new Rendezvous(io, {
    budgets,
    minDigits,
    logger,
    abuse,
    iceServers,
    addressOf: ({ request }) => addressKey(clientAddress(request, proxies)),
  })
  logger.info(bound, 'listening')
  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    rendezvous.close()
    const cutOff = setTimeout(() => connections.destroyAll(), SERVER_SHUTDOWN_TIMEOUT_MS / 2)
    await io.close()
    clearTimeout(cutOff)
    logger.info(bound, 'closed')
  }
  return {
    ...bound,
    close: () => {
      closing ??= close()
      return closing
    },
  }
}

function createSocketServer(
  server: HttpServer,
  admit: (request: IncomingMessage) => boolean,
): Server {
  const io = new Server(server, {
    path: SOCKET_PATH,
    transports: ['websocket'],
    maxHttpBufferSize: MAX_RENDEZVOUS_MESSAGE_BYTES,
    perMessageDeflate: false,
    allowEIO3: false,
    serveClient: false,
    connectTimeout: SOCKET_CONNECT_TIMEOUT_MS,
    pingInterval: SERVER_PING_INTERVAL_MS,
    pingTimeout: SERVER_PING_TIMEOUT_MS,
    destroyUpgrade: false,
    // Command lines send no Origin; a page in somebody's browser has no business here.
    allowRequest: (request, decide) => {
      decide(null, request.headers.origin === undefined && admit(request))
    },
  })
  // A request that names a session would get past allowRequest, and with one transport none does.
  io.engine.use((request: IncomingMessage, _response: unknown, next: (error?: Error) => void) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://localhost')
    next(searchParams.has('sid') ? new Error('only one transport') : undefined)
  })
  return io
}

async function listen(
  server: HttpServer,
  host: string | undefined,
  port: number,
): Promise<{ host: string; port: number }> {
  server.listen(host === undefined ? { port } : { port, host })
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('not a TCP server')
  return { host: address.address, port: address.port }
}
