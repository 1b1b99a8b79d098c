import { Server } from 'socket.io'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ShareError } from '../../src/errors.ts'
import { HANDSHAKE_TIMEOUT_MS } from '../../src/limits.ts'
import { RendezvousClient } from '../../src/rendezvous/client.ts'
import {
  type RendezvousServer,
  startRendezvousServer,
} from '../../src/rendezvous/server/start-rendezvous-server.ts'
import { SecureSession } from '../../src/secure/secure-session.ts'
import { Meeting } from '../../src/session/meeting.ts'
import { Pairing } from '../../src/session/pairing.ts'
import type { Session } from '../../src/session/session.ts'

let server: RendezvousServer
const closing: (() => Promise<void> | void)[] = []
const abort = new AbortController()

beforeEach(async () => {
  server = await startRendezvousServer({ host: '127.0.0.1', port: 0 })
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  await server.close()
})

const url = () => `http://127.0.0.1:${server.port}`

async function meet(
  role: 'sender' | 'receiver',
  secret = 'velvet-orbit',
  server = url(),
): Promise<Meeting> {
  const meeting = await Meeting.open({
    url: server,
    role,
    nameplate: 'here',
    secret,
    capabilities: new TextEncoder().encode('transfer/4'),
    connectivity: {},
    onEvent: () => {},
    signal: abort.signal,
  })
  closing.push(() => meeting.close())
  return meeting
}

/** Somebody who knows the nameplate and nothing else. */
async function stranger() {
  const paired = vi.fn()
  const messages: Uint8Array[] = []
  const client = await RendezvousClient.connect(url(), {
    onPaired: paired,
    onMessage: (message) => messages.push(message),
    onPeerLeft: () => {},
    onCrowded: () => {},
    onLost: () => {},
  })
  closing.push(() => client.close())
  await client.open({ role: 'receiver', nameplate: 'here' })
  await vi.waitFor(() => expect(messages).not.toEqual([]))
  return client
}

/** A sender that does not know the code, and says all the same what a sender says. */
function guessing(): SecureSession {
  return new SecureSession({
    role: 'sender',
    nameplate: 'here',
    secret: new TextEncoder().encode('velvet-orchard'),
    capabilities: new Uint8Array(),
  })
}

/** One that leaves when it has the receiver's share, or its confirmation, which tells if it is right. */
async function impostor({ leavesAfter }: { leavesAfter: 'share' | 'confirmation' }) {
  const guess = guessing()
  const heard: Uint8Array[] = []
  const client = await RendezvousClient.connect(url(), {
    onPaired: () => {
      for (const message of guess.start()) client.send(message)
    },
    onMessage: (message) => {
      heard.push(message)
      if (heard.length === (leavesAfter === 'share' ? 1 : 2)) void client.close()
      else for (const answer of guess.receive(message).outgoing) client.send(answer)
    },
    onPeerLeft: () => {},
    onCrowded: () => {},
    onLost: () => {},
  })
  closing.push(() => client.close())
  await client.open({ role: 'sender', nameplate: 'here' })
  return { heard }
}

function closeLater(session: Session): Session {
  closing.push(() => session.close())
  return session
}

describe('a meeting', () => {
  it('ends in a session for two who have the same code', async () => {
    const [sender, receiver] = [await meet('sender'), await meet('receiver')]
    const sessions = await Promise.all([sender.session, receiver.session])
    const [one, two] = sessions.map(closeLater)
    expect(new TextDecoder().decode(one?.peerCapabilities)).toBe('transfer/4')
    const payload = new Promise<string>((resolve) =>
      two?.lane.listen({ onPayload: (bytes) => resolve(String(bytes)), onEnd: () => {} }),
    )
    one?.lane.send([Uint8Array.of(1, 2), Uint8Array.of(3)])
    expect(await payload).toBe(String(Buffer.of(1, 2, 3)))
  })

  it('ends for both when the code is wrong, and tells both so', async () => {
    const [sender, receiver] = [await meet('sender'), await meet('receiver', 'velvet-orchard')]
    const outcomes = await Promise.allSettled([sender.session, receiver.session])
    expect(outcomes).toMatchObject([
      { reason: { code: 'wrong-code' } },
      { reason: { code: 'wrong-code' } },
    ])
  })

  it('goes on at the sender after somebody who left without a guess', async () => {
    const sender = await meet('sender')
    const first = await stranger()
    await first.close()
    const receiver = await meet('receiver')
    const sessions = await Promise.all([sender.session, receiver.session])
    for (const session of sessions) closeLater(session)
    expect(sender.isEstablished).toBe(true)
  })

  it('ends at the sender after somebody who sends rubbish', async () => {
    const sender = await meet('sender')
    const rude = await stranger()
    rude.send(Uint8Array.of(0xff, 1, 2, 3))
    await expect(sender.session).rejects.toMatchObject({ code: 'protocol' })
  })

  it('goes on at the receiver after somebody who left without a guess', async () => {
    const receiver = await meet('receiver')
    const first = await impostor({ leavesAfter: 'share' })
    await vi.waitFor(() => expect(first.heard).toHaveLength(1))
    expect(receiver.isSpent).toBe(false)
    const sender = await meet('sender')
    const sessions = await Promise.all([sender.session, receiver.session])
    for (const session of sessions) closeLater(session)
  })

  it('ends at the receiver when somebody leaves who had a guess', async () => {
    const receiver = await meet('receiver')
    await impostor({ leavesAfter: 'confirmation' })
    await expect(receiver.session).rejects.toMatchObject({ code: 'interrupted' })
    expect(receiver.isSpent).toBe(true)
  })

  it('gives a server that pairs twice no second guess', async () => {
    const io = new Server(0, { transports: ['websocket'] })
    closing.push(() => io.close())
    const heard: number[] = []
    io.on('connection', (socket) => {
      const pairUp = (pair: number) => {
        const guess = guessing()
        socket.emit('paired', { pair, iceServers: [] })
        const say = (messages: Uint8Array[]) => {
          for (const message of messages) {
            socket.emit('message', { pair, data: Buffer.from(message).toString('base64') })
          }
        }
        say(guess.start())
        socket.on('message', (message) => {
          heard.push(message.pair)
          if (message.pair !== pair || heard.length > 1) return
          say(guess.receive(Buffer.from(message.data, 'base64')).outgoing)
        })
      }
      socket.on('open', (_, answer) => {
        answer({ ok: true, nameplate: 'here', token: 'A'.repeat(22) })
        pairUp(1)
        setTimeout(() => pairUp(2), 500)
      })
      socket.on('close', (_, answer) => answer({}))
    })
    const address: unknown = io.httpServer.address()
    const { port } = address as { port: number }
    const receiver = await meet('receiver', 'velvet-orbit', `http://127.0.0.1:${port}`)
    await vi.waitFor(() => expect(receiver.isSpent).toBe(true))
    await new Promise((resolve) => setTimeout(resolve, 1000))
    expect(new Set(heard)).toEqual(new Set([1]))
  })

  it('knows whether its secret may have been guessed at', async () => {
    const [sender, receiver] = [await meet('sender'), await meet('receiver')]
    expect([sender.isSpent, receiver.isSpent]).toEqual([false, false])
    const sessions = await Promise.all([sender.session, receiver.session])
    sessions.map(closeLater)
    expect([sender.isSpent, receiver.isSpent]).toEqual([false, false])
    await Promise.all([sender.close(), receiver.close()])
    const wrong = [await meet('sender'), await meet('receiver', 'velvet-orchard')]
    await Promise.allSettled(wrong.map(({ session }) => session))
    expect(wrong.map(({ isSpent }) => isSpent)).toEqual([true, true])
  })

  it('does not count somebody who left without a guess', async () => {
    const sender = await meet('sender')
    await (await stranger()).close()
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(sender.isSpent).toBe(false)
  })

  it('ends when it is told to', async () => {
    const controller = new AbortController()
    const meeting = await Meeting.open({
      url: url(),
      role: 'sender',
      secret: 'velvet-orbit',
      capabilities: new TextEncoder().encode('transfer/4'),
      connectivity: {},
      onEvent: () => {},
      signal: controller.signal,
    })
    closing.push(() => meeting.close())
    controller.abort(new ShareError('stopped-sigint', 'Stopped'))
    await expect(meeting.session).rejects.toMatchObject({ code: 'stopped-sigint' })
  })

  it('ends when the rendezvous goes away for good', async () => {
    const [sender] = [await meet('sender')]
    const quiet = await stranger()
    expect(quiet).toBeDefined()
    await server.close()
    await expect(sender.session).rejects.toMatchObject({ code: 'no-rendezvous' })
  })
})

describe('a pairing', () => {
  const pair = (send: (message: Uint8Array) => void = () => {}) =>
    new Pairing({
      url: 'http://127.0.0.1',
      role: 'sender',
      nameplate: 'here',
      secret: 'velvet-orbit',
      capabilities: new TextEncoder().encode('transfer/4'),
      connectivity: {},
      iceServers: [],
      send,
    })

  it('does not wait for ever for somebody who says nothing', async () => {
    vi.useFakeTimers()
    const pairing = pair()
    await vi.advanceTimersByTimeAsync(HANDSHAKE_TIMEOUT_MS + 1)
    vi.useRealTimers()
    await expect(pairing.session).rejects.toMatchObject({ code: 'nobody-came' })
  })

  it('does not wait for ever for somebody who knows the code and then says nothing', async () => {
    vi.useFakeTimers()
    const peer = new SecureSession({
      role: 'receiver',
      nameplate: 'here',
      secret: new TextEncoder().encode('velvet-orbit'),
      capabilities: new TextEncoder().encode('transfer/4'),
    })
    const said: Uint8Array[] = []
    const pairing = pair((message) => said.push(message))
    for (const message of peer.start()) pairing.receive(message)
    for (let message = said.shift(); message; message = said.shift()) {
      for (const answer of peer.receive(message).outgoing) pairing.receive(answer)
    }
    expect(pairing.isEstablished).toBe(true)
    await vi.advanceTimersByTimeAsync(HANDSHAKE_TIMEOUT_MS + 1)
    vi.useRealTimers()
    expect(pairing.failure).toMatchObject({ code: 'nobody-came' })
  })
})
