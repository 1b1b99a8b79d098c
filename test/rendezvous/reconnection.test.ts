import { describe, expect, it } from 'vitest'
import { RENDEZVOUS_PING_INTERVAL_MS } from '../../src/limits.ts'
import { startRendezvousServer } from '../../src/rendezvous/server/start-rendezvous-server.ts'
import { startProxy } from './cuttable-proxy.ts'
import { afterwards, connectClient, pause, startServer } from './fixture.ts'

describe('a client that waits', () => {
  it('as a sender comes back to its nameplate when the connection is cut', async () => {
    const { url, port } = await startServer()
    const proxy = await startProxy(port)
    const sender = await connectClient(proxy.url)
    const nameplate = await sender.client.open({ role: 'sender' })
    for (let round = 0; round < 2; round += 1) {
      proxy.cut()
      await pause(1500)
    }
    const receiver = await connectClient(url)
    await receiver.client.open({ role: 'receiver', nameplate })
    await Promise.all([sender.until('paired'), receiver.until('paired')])
    sender.client.send(Buffer.from('still here'))
    await receiver.until('message still here')
    expect(sender.told).toEqual(['paired'])
  })

  it('as a receiver comes back before the server sees that its connection is dead', async () => {
    const { url, port } = await startServer()
    const proxy = await startProxy(port)
    const receiver = await connectClient(proxy.url)
    await receiver.client.open({ role: 'receiver', nameplate: '77' })
    proxy.freeze()
    await pause(1500)
    const sender = await connectClient(url)
    await sender.client.open({ role: 'sender', nameplate: '77' })
    await Promise.all([sender.until('paired'), receiver.until('paired')])
    sender.client.send(Buffer.from('found'))
    await receiver.until('message found')
  })

  it('comes back when its connection hangs and nothing tells so', async () => {
    const { url, port } = await startServer()
    const proxy = await startProxy(port)
    const sender = await connectClient(proxy.url)
    const nameplate = await sender.client.open({ role: 'sender' })
    proxy.stall()
    const receiver = await connectClient(url)
    await receiver.client.open({ role: 'receiver', nameplate })
    await receiver.until('paired')
    await Promise.all([receiver.until('paired', 2), sender.until('paired')])
    sender.client.send(Buffer.from('still here'))
    await receiver.until('message still here')
  }, 30_000)

  it('stays where it is while the server answers', async () => {
    const { url } = await startServer()
    const sender = await connectClient(url)
    const nameplate = await sender.client.open({ role: 'sender' })
    const { token } = sender.client
    await pause(4 * RENDEZVOUS_PING_INTERVAL_MS + 500)
    expect(sender.client.token).toBe(token)
    const receiver = await connectClient(url)
    await receiver.client.open({ role: 'receiver', nameplate })
    await sender.until('paired')
  }, 40_000)

  it('has its place back from a client that hangs, with the token of that one', async () => {
    const { url, port } = await startServer()
    const proxy = await startProxy(port)
    const first = await connectClient(proxy.url)
    await first.client.open({ role: 'sender', nameplate: '77' })
    proxy.stall()
    const { token = '' } = first.client
    const second = await connectClient(url)
    await expect(second.client.open({ role: 'sender', nameplate: '77' })).rejects.toMatchObject({
      code: 'usage',
    })
    const third = await connectClient(url)
    await third.client.open({ role: 'sender', nameplate: '77', token })
    expect(third.client.token).not.toBe(token)
  })

  it('comes back when the server is started anew', async () => {
    const { url, port, close } = await startServer()
    const sender = await connectClient(url)
    const nameplate = await sender.client.open({ role: 'sender' })
    await close()
    await pause(300)
    const next = await startRendezvousServer({ host: '127.0.0.1', port })
    afterwards(() => next.close())
    await pause(2500)
    const receiver = await connectClient(url)
    await receiver.client.open({ role: 'receiver', nameplate })
    await Promise.all([sender.until('paired'), receiver.until('paired')])
  })

  it('comes back after the other side left', async () => {
    const { url, port } = await startServer()
    const proxy = await startProxy(port)
    const sender = await connectClient(proxy.url)
    const nameplate = await sender.client.open({ role: 'sender' })
    const first = await connectClient(url)
    await first.client.open({ role: 'receiver', nameplate })
    await sender.until('paired')
    await first.client.close()
    await sender.until('left')
    proxy.cut()
    await pause(1500)
    const second = await connectClient(url)
    await second.client.open({ role: 'receiver', nameplate })
    await sender.until('paired', 2)
    expect(sender.told).toEqual(['paired', 'left', 'paired'])
  })

  it('stops trying when its signal is aborted, and says nothing more', async () => {
    const { port } = await startServer()
    const proxy = await startProxy(port)
    const sender = await connectClient(proxy.url)
    const stop = new AbortController()
    await sender.client.open({ role: 'sender' }, stop.signal)
    proxy.setDown(true)
    proxy.cut()
    await pause(700)
    stop.abort()
    proxy.setDown(false)
    await pause(1500)
    await sender.client.close()
    expect(sender.told).toEqual([])
  })
})

describe('a client that is paired', () => {
  it('is told of the loss once, and does not come back', async () => {
    const { url, port } = await startServer()
    const proxy = await startProxy(port)
    const sender = await connectClient(proxy.url)
    const nameplate = await sender.client.open({ role: 'sender' })
    const receiver = await connectClient(url)
    await receiver.client.open({ role: 'receiver', nameplate })
    await sender.until('paired')
    proxy.cut()
    await Promise.all([sender.until('lost no-rendezvous'), receiver.until('left')])
    sender.client.send(Buffer.from('into the void'))
    await pause(1000)
    expect(sender.told).toEqual(['paired', 'lost no-rendezvous'])
    expect(receiver.told).toEqual(['paired', 'left'])
  })
})
