import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { announce } from '../../src/lan/announce.ts'
import { discover, type LanAddress } from '../../src/lan/discover.ts'

/** Multicast over the loopback interface alone, so that nothing leaves this machine. */
const interfaceAddress = '127.0.0.1'

const hasMulticast = await loopbackMulticast()

describe.runIf(hasMulticast || process.env['CI'])('on the local network', () => {
  it('an announcement is found, whichever side comes first', async () => {
    const stop = new AbortController()
    const early = search('4711', stop.signal)
    const announcement = announce({ nameplate: '4711', port: 7342, onError, interfaceAddress })
    const late = search('4711', stop.signal)
    for (const found of [early, late]) {
      expect(await found.first).toMatchObject({ host: '127.0.0.1', port: 7342 })
    }
    stop.abort()
    await announcement.close()
  })

  it('two announcements on one machine are told apart by their nameplates', async () => {
    const stop = new AbortController()
    const one = announce({ nameplate: '1001', port: 7342, onError, interfaceAddress })
    const two = announce({ nameplate: '1002', port: 7343, onError, interfaceAddress })
    const first = search('1001', stop.signal)
    const second = search('1002', stop.signal)
    const unknown = search('1003', stop.signal)
    expect((await first.first).port).toBe(7342)
    expect((await second.first).port).toBe(7343)
    expect(unknown.found).toEqual([])
    expect(first.found.every(({ port }) => port === 7342)).toBe(true)
    stop.abort()
    await Promise.all([one.close(), two.close()])
  })

  it('a closed announcement is not found', async () => {
    const announcement = announce({ nameplate: '2002', port: 7342, onError, interfaceAddress })
    await announcement.close()
    await announcement.close()
    const stop = new AbortController()
    const { found } = search('2002', stop.signal)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(found).toEqual([])
    stop.abort()
  })

  it('the machine does not tell its name', async () => {
    const listener = createSocket({ type: 'udp4', reuseAddr: true })
    listener.bind(5353)
    await once(listener, 'listening')
    listener.addMembership('224.0.0.251', interfaceAddress)
    const heard: Buffer[] = []
    listener.on('message', (message) => heard.push(message))
    const announcement = announce({ nameplate: '3003', port: 7342, onError, interfaceAddress })
    while (!heard.some((message) => message.includes('nameplate=3003')))
      await once(listener, 'message')
    await announcement.close()
    listener.close()
    const { hostname } = await import('node:os')
    expect(Buffer.concat(heard).includes(hostname())).toBe(false)
  })
})

function onError(error: unknown): void {
  throw error
}

function search(nameplate: string, signal: AbortSignal) {
  const found: LanAddress[] = []
  const first = new Promise<LanAddress>((resolve) => {
    discover({
      nameplate,
      signal,
      onError,
      interfaceAddress,
      onFound: (address) => {
        found.push(address)
        resolve(address)
      },
    })
  })
  return { found, first }
}

/** Whether this machine delivers multicast to itself over the loopback interface. */
async function loopbackMulticast(): Promise<boolean> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true })
  try {
    socket.bind(0)
    await once(socket, 'listening')
    socket.addMembership('224.0.0.251', interfaceAddress)
    socket.setMulticastInterface(interfaceAddress)
    socket.send('probe', socket.address().port, '224.0.0.251')
    await once(socket, 'message', { signal: AbortSignal.timeout(1000) })
    return true
  } catch {
    return false
  } finally {
    socket.close()
  }
}
