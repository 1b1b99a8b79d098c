import { describe, expect, it } from 'vitest'
import { ShareError } from '../src/errors.ts'
import { connectRendezvous } from '../src/rendezvous/client.ts'
import { serve } from '../src/serve.ts'

const nobody = {
  onPaired: () => {},
  onMessage: () => {},
  onPeerLeft: () => {},
  onCrowded: () => {},
  onLost: () => {},
}

describe('serve', () => {
  it('runs a rendezvous at its url until it is closed', async () => {
    const server = await serve({ host: '127.0.0.1', port: 0 })
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`)
    const client = await connectRendezvous(server.url, nobody)
    expect(await client.open({ role: 'sender' })).toMatch(/^[1-9]$/)
    await client.close()
    await server.close()
    await expect(connectRendezvous(server.url, nobody)).rejects.toBeInstanceOf(ShareError)
  })

  it('ends when its signal is aborted', async () => {
    const stop = new AbortController()
    const server = await serve({ host: '127.0.0.1', port: 0, signal: stop.signal })
    stop.abort()
    await server.close()
    await expect(connectRendezvous(server.url, nobody)).rejects.toBeInstanceOf(ShareError)
    const aborted = serve({ host: '127.0.0.1', port: 0, signal: stop.signal })
    await expect(aborted).rejects.toMatchObject({ code: 'cancelled' })
  })

  it('says what is wrong with an address that it cannot listen on', async () => {
    const server = await serve({ host: '127.0.0.1', port: 0 })
    const second = serve({ host: '127.0.0.1', port: server.port })
    await expect(second).rejects.toMatchObject({
      code: 'usage',
      message: `Something else is using port ${server.port} of 127.0.0.1`,
    })
    await server.close()
    const elsewhere = serve({ host: '203.0.113.1', port: 0 })
    await expect(elsewhere).rejects.toMatchObject({
      code: 'usage',
      message: '203.0.113.1 is no address of this machine',
    })
  })
})
