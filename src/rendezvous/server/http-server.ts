import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { SERVER_HEADERS_TIMEOUT_MS, SERVER_REQUEST_TIMEOUT_MS } from '../../limits.ts'
import { SOCKET_PATH } from '../protocol.ts'

/** How often Node looks for requests that are too slow; its default of 30 s would let them stay. */
const CHECK_INTERVAL_MS = 1000
const MAX_HEADER_BYTES = 8192

/** The HTTP server under socket.io: it answers `/healthz` and ends whatever else is asked. */
export function createHttpServer(maxConnections: number): Server {
  const server = createServer(
    {
      headersTimeout: SERVER_HEADERS_TIMEOUT_MS,
      requestTimeout: SERVER_REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
    },
    answer,
  )
  server.maxConnections = maxConnections
  server.on('upgrade', (request: IncomingMessage, socket) => {
    if (request.url?.startsWith(SOCKET_PATH) !== true) socket.destroy()
  })
  return server
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const isHealthCheck = request.method === 'GET' && request.url === '/healthz'
  const headers = { 'content-type': 'text/plain', 'cache-control': 'no-store', connection: 'close' }
  response.writeHead(isHealthCheck ? 200 : 404, headers)
  response.end(isHealthCheck ? 'ok\n' : 'not found\n')
}
