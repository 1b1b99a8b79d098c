import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { expect, it, onTestFinished } from 'vitest'
import { scratchDirectory } from '../files/scratch.ts'
import { expectStatuses, parcel, startReceiver, startSender, startServer } from './transfer.ts'

/** A name that leads nowhere but through the proxy. */
const HOST = 'share.example.org'

/** Takes what comes by TLS and passes it on to `port`; says where, and whom to trust. */
async function tlsFront(port: number) {
  const directory = scratchDirectory()
  const [key, certificate] = [join(directory, 'key.pem'), join(directory, 'certificate.pem')]
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const names = ['-subj', `/CN=${HOST}`, '-addext', `subjectAltName=DNS:${HOST}`]
  const files = ['-days', '2', '-keyout', key, '-out', certificate]
  execFileSync('openssl', ['req', ...kind, ...names, ...files], { stdio: 'pipe' })
  const credentials = { key: readFileSync(key), cert: readFileSync(certificate) }
  const front = createTlsServer(credentials, (socket) => joined(socket, connect(port, '127.0.0.1')))
  return { port: await listening(front), certificate }
}

function joined(one: Socket, other: Socket): void {
  for (const [from, to] of [[one, other] as const, [other, one] as const]) {
    from.on('error', () => to.destroy())
    from.on('close', () => to.destroy())
    from.pipe(to)
  }
  onFinished.add(one)
}

const onFinished = new Set<Socket>()

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of onFinished) socket.destroy()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('not a TCP server')
  return address.port
}

/** RFC 9110, section 9.3.6. */
async function httpProxy(port: number, asked: string[]): Promise<string> {
  const proxy = createHttpServer().on('connect', ({ url = '' }, socket: Socket) => {
    asked.push(url)
    socket.write('HTTP/1.1 200 OK\r\n\r\n')
    joined(socket, connect(port, '127.0.0.1'))
  })
  return `http://127.0.0.1:${await listening(proxy)}`
}

/** RFC 1928, without authentication, for host names. */
async function socksProxy(port: number, asked: string[]): Promise<string> {
  const proxy = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.once('data', () => {
      socket.write(Uint8Array.of(5, 0))
      socket.once('data', (request) => {
        const length = request.readUInt8(4)
        const name = request.subarray(5, 5 + length).toString()
        asked.push(`${name}:${request.readUInt16BE(5 + length)}`)
        socket.write(Uint8Array.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0))
        joined(socket, connect(port, '127.0.0.1'))
      })
    })
  })
  return `socks5://127.0.0.1:${await listening(proxy)}`
}

it.each([
  ['HTTPS_PROXY', httpProxy],
  ['all_proxy', socksProxy],
] as const)('a server is asked through the proxy that %s names', async (variable, proxy) => {
  const { server } = await startServer()
  const front = await tlsFront(Number(new URL(server).port))
  const asked: string[] = []
  const env = {
    [variable]: await proxy(front.port, asked),
    NODE_EXTRA_CA_CERTS: front.certificate,
  }
  const what = parcel(100_000)
  const options = { env, server: `https://${HOST}` }
  const { sender, full } = await startSender(what.file, options)
  expect(full).toMatch(new RegExp(`@${HOST}$`))
  const receiver = startReceiver(full, what.output, { env })
  await expectStatuses({ sender, receiver }, { sender: 0, receiver: 0 })
  expect(asked.length).toBeGreaterThan(1)
  expect(new Set(asked)).toEqual(new Set([`${HOST}:443`]))
})
