import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { SERVER_SHUTDOWN_TIMEOUT_MS } from '../../src/limits.ts'
import { startRendezvousServer } from '../../src/rendezvous/server/start-rendezvous-server.ts'
import { afterwards, connectClient, startServer } from './fixture.ts'
import { RawWebSocket } from './raw-web-socket.ts'

describe('a server', () => {
  it('says at /healthz that it is there, and nothing anywhere else', async () => {
    const { url } = await startServer()
    const health = await fetch(`${url}/healthz`)
    expect([health.status, await health.text()]).toEqual([200, 'ok\n'])
    for (const [path, method] of [
      ['/', 'GET'],
      ['/healthz', 'POST'],
      ['/healthz/../metrics', 'GET'],
      ['/socket.io/socket.io.js', 'GET'],
    ] as const) {
      const { status } = await fetch(`${url}${path}`, { method })
      expect(status, `${method} ${path}`).toBeGreaterThanOrEqual(400)
    }
  })

  it('fails with EADDRINUSE where its port is taken', async () => {
    const { port } = await startServer()
    const second = startRendezvousServer({ host: '127.0.0.1', port })
    await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  it('closes in time whatever its clients do, and frees its port', async () => {
    const { port, url, close } = await startServer()
    const { client } = await connectClient(url)
    await client.open({ role: 'sender' })
    const deaf = await RawWebSocket.join(port)
    const halfway = connect(port, '127.0.0.1')
    afterwards(() => halfway.destroy())
    halfway.on('error', () => {})
    halfway.write('GET / HTTP/1.1\r\n')
    await once(halfway, 'connect')
    const outcome = await Promise.race([
      Promise.all([close(), close()]).then(() => 'closed'),
      new Promise((resolve) => setTimeout(resolve, SERVER_SHUTDOWN_TIMEOUT_MS, 'too late').unref()),
    ])
    expect(outcome).toBe('closed')
    await deaf.closed
    const next = await startRendezvousServer({ host: '127.0.0.1', port })
    await next.close()
  })

  it('listens on all addresses when it is given none', async () => {
    const server = await startRendezvousServer({ port: 0 })
    afterwards(() => server.close())
    expect(['::', '0.0.0.0']).toContain(server.host)
    const { client } = await connectClient(`http://127.0.0.1:${server.port}`)
    expect(await client.open({ role: 'sender' })).toMatch(/^[1-9]$/)
  })
})
