import { createHmac } from 'node:crypto'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ShareError } from '../src/errors.ts'
import { RendezvousClient } from '../src/rendezvous/client.ts'
import type { Paired } from '../src/rendezvous/protocol.ts'
import { createServerLogger, type ServeOptions, serve } from '../src/serve.ts'

const nobody = {
  onPaired: (_paired: Paired) => {},
  onMessage: () => {},
  onPeerLeft: () => {},
  onCrowded: () => {},
  onLost: () => {},
}

describe('serve', () => {
  it('runs a rendezvous at its url until it is closed', async () => {
    const server = await serve({ host: '127.0.0.1', port: 0 })
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`)
    const client = await RendezvousClient.connect(server.url, nobody)
    expect(await client.open({ role: 'sender' })).toMatch(/^[1-9]$/)
    await client.close()
    await server.close()
    await expect(RendezvousClient.connect(server.url, nobody)).rejects.toBeInstanceOf(ShareError)
  })

  it('ends when its signal is aborted', async () => {
    const stop = new AbortController()
    const server = await serve({ host: '127.0.0.1', port: 0, signal: stop.signal })
    stop.abort()
    await server.close()
    await expect(RendezvousClient.connect(server.url, nobody)).rejects.toBeInstanceOf(ShareError)
    const aborted = serve({ host: '127.0.0.1', port: 0, signal: stop.signal })
    await expect(aborted).rejects.toMatchObject({ code: 'cancelled' })
  })

  it('hands both sides STUN servers, and relays with credentials but not their secret', async () => {
    const secret = 'south-of-the-border'
    const lines: string[] = []
    const destination = { write: (line: string) => void lines.push(line) }
    const [sender, receiver] = await pairAt({
      stun: ['stun:192.0.2.1', 'stun:192.0.2.2'],
      turn: ['turn:192.0.2.1?transport=tcp'],
      turnSecret: secret,
      logger: createServerLogger({ level: 'debug', destination }),
    })
    const log = lines.join('')
    for (const paired of [sender, receiver]) {
      const [stun, turn] = paired.iceServers
      expect(stun).toEqual({ urls: ['stun:192.0.2.1', 'stun:192.0.2.2'] })
      const { username = '', credential } = turn ?? {}
      expect(turn).toEqual({ urls: ['turn:192.0.2.1?transport=tcp'], username, credential })
      const hmac = createHmac('sha1', secret).update(username).digest('base64')
      expect(credential).toBe(hmac)
      expect(JSON.stringify(paired)).not.toContain(secret)
      expect(log).not.toContain(credential)
    }
    expect(sender.iceServers[1]?.username).not.toBe(receiver.iceServers[1]?.username)
    expect(log).toContain('listening')
    expect(log).not.toContain(secret)
  })

  it.each<[string, ServeOptions]>([
    ['"http://a" is no stun URL', { stun: ['http://a'] }],
    ['"turn:a?x" is no turn URL', { turn: ['turn:a?x'], turnSecret: 'x'.repeat(16) }],
    ['A relay (--turn) needs its secret', { turn: ['turn:a'] }],
    ['There is a TURN secret, but no relay', { turnSecret: 'x'.repeat(16) }],
    ['--relay-private is of a relay', { relayPrivate: true }],
    ['"relay" is no address for a relay', { relay: ['relay'] }],
    ['Clients take no more than 16 URLs, not 17', tooManyServers()],
    ['A TURN secret has 16 to 256 ASCII', { turn: ['turn:a'], turnSecret: 'short' }],
  ])('refuses ICE servers that cannot be: %s', async (message, options) => {
    const serving = serve({ host: '127.0.0.1', port: 0, ...options })
    await expect(serving).rejects.toMatchObject({ code: 'usage' })
    await expect(serving).rejects.toThrow(message)
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

/** What a sender and a receiver are told as they meet at a server with `options`. */
async function pairAt(options: ServeOptions): Promise<[Paired, Paired]> {
  const server = await serve({ host: '127.0.0.1', port: 0, ...options })
  const join = async (role: 'sender' | 'receiver'): Promise<Paired> => {
    let onPaired = nobody.onPaired
    const paired = new Promise<Paired>((resolve) => {
      onPaired = resolve
    })
    const client = await RendezvousClient.connect(server.url, { ...nobody, onPaired })
    onTestFinished(() => client.close())
    await client.open({ role, nameplate: '7' })
    return paired
  }
  onTestFinished(() => server.close())
  return Promise.all([join('sender'), join('receiver')])
}

/** Each kind within its own bound. */
function tooManyServers(): ServeOptions {
  const [stun, turn] = [Array(6).fill('stun:a'), Array(7).fill('turn:a')]
  return { stun, turn, turnSecret: 'x'.repeat(16), relay: ['192.0.2.1'] }
}
