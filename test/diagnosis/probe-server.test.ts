import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { probeServer } from '../../src/diagnosis/probe-server.ts'
import { selfSigned } from './certificate.ts'

const { signal } = new AbortController()

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

const dated: RequestListener = (_request, response) => {
  response.setHeader('date', 'Wed, 25 Nov 2026 12:00:00 GMT').end('ok')
}

describe('a probe', () => {
  it('tells what time it is at the server, and over which families it answers', async () => {
    const port = await listen(createServer(dated))
    const { ipv4, ipv6 } = await probeServer(`http://127.0.0.1:${port}`, signal)
    expect(ipv4).toMatchObject({ answer: { dateMs: Date.UTC(2026, 10, 25, 12) } })
    expect(ipv4).not.toHaveProperty('answer.certificate')
    expect(ipv6).toBe('absent')
  })

  it('shows a certificate and what is wrong with it', async () => {
    const { key, cert } = selfSigned('localhost')
    const port = await listen(createTlsServer({ key, cert }, dated))
    const { ipv4 } = await probeServer(`https://localhost:${port}`, signal)
    expect(ipv4).toMatchObject({
      answer: { certificate: { problem: 'DEPTH_ZERO_SELF_SIGNED_CERT' } },
    })
    const validToMs = Number(Object(ipv4).answer.certificate.validToMs)
    expect((validToMs - Date.now()) / 86_400_000).toBeCloseTo(30, 0)
  })

  it('names what the system says of a server that is not there', async () => {
    const { ipv4 } = await probeServer('http://127.0.0.1:1', signal)
    expect(ipv4).toEqual({ problem: 'ECONNREFUSED' })
  })

  it('tells a name that is not known', async () => {
    const reach = await probeServer('http://no-such-name.invalid', signal)
    expect(reach).toEqual({ ipv4: 'absent', ipv6: 'absent' })
  })

  it('ends when it is stopped', async () => {
    const port = await listen(createTcpServer(() => {}))
    const stop = new AbortController()
    const probing = probeServer(`http://127.0.0.1:${port}`, stop.signal)
    setTimeout(() => stop.abort(), 50)
    expect((await probing).ipv4).toEqual({ problem: 'ABORT_ERR' })
  })

  it('takes no notice of a date that is none', async () => {
    const port = await listen(
      createServer((_request, response) => response.setHeader('date', 'lunch').end()),
    )
    const { ipv4 } = await probeServer(`http://127.0.0.1:${port}`, signal)
    expect(ipv4).not.toHaveProperty('answer.dateMs')
  })
})
