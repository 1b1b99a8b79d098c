/**
 * What Caddy or nginx is to a server of one's own: takes HTTPS on port 443 and passes it on by HTTP,
 * with the address of the client.
 *
 *     node tls-front.mjs KEY_FILE CERTIFICATE_FILE PORT_OF_THE_SERVER ADDRESS...
 *
 * Prints a line when it listens on all addresses.
 */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { createServer } from 'node:https'
import { connect } from 'node:net'
import { pipeline } from 'node:stream'

const [keyFile = '', certificateFile = '', port = '', ...addresses] = process.argv.slice(2)
const credentials = { key: readFileSync(keyFile), cert: readFileSync(certificateFile) }

await Promise.all(addresses.map(listen))
console.log('ready')

/** @param {string} address */
async function listen(address) {
  const server = createServer(credentials, pass)
  server.on('upgrade', passUpgrade)
  await once(server.listen(443, address), 'listening')
}

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 */
function pass(request, response) {
  const { method, url, headers } = request
  const passed = httpRequest({ port, method, path: url, headers: withClient(request, headers) })
  passed.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    pipeline(answer, response, () => {})
  })
  pipeline(request, passed, (error) => error && response.destroy())
}

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:stream').Duplex} client
 * @param {Buffer} head
 */
function passUpgrade(request, client, head) {
  const server = connect(Number(port), '127.0.0.1')
  const headers = Object.entries(withClient(request, request.headers))
  const lines = headers.map(([name, value]) => `${name}: ${value}`)
  server.write(`${request.method} ${request.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
  server.write(head)
  pipeline(client, server, client, () => {})
}

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').IncomingHttpHeaders} headers
 */
function withClient({ socket }, headers) {
  return { ...headers, 'x-forwarded-for': socket.remoteAddress }
}
