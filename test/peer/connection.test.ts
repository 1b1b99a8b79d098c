import { createHash, randomBytes } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import type { Channel } from '../../src/peer/channel.ts'
import { Connection, type ConnectionInit } from '../../src/peer/connection.ts'
import { Lane, type LaneSecurity } from '../../src/peer/lane.ts'

const connections: Connection[] = []

function connect(init: Omit<ConnectionInit, 'iceServers'>): Connection {
  const connection = new Connection({ iceServers: [], ...init })
  connections.push(connection)
  return connection
}

/** Two connections whose signalling goes straight from one to the other. */
function pair(): [Connection, Connection] {
  const offerer: Connection = connect({ initiator: true, onSignal: (m) => answerer.signal(m) })
  const answerer: Connection = connect({ initiator: false, onSignal: (m) => offerer.signal(m) })
  return [offerer, answerer]
}

afterEach(() => {
  for (const connection of connections.splice(0)) connection.close()
})

const open: LaneSecurity = {
  lane: 0,
  binding: new Uint8Array(64),
  verifyBinding: () => {},
  seal: (header, parts) => Buffer.concat([header, ...parts]),
  open: (message, headerBytes) => message.subarray(headerBytes),
  sealingBytes: 0,
}

describe('a connection', () => {
  it('opens a channel, with certificates that both ends agree on', async () => {
    const [offerer, answerer] = pair()
    await Promise.all([offerer.opened(), answerer.opened()])
    expect(offerer.fingerprints.own).toBe(answerer.fingerprints.peer)
    expect(offerer.fingerprints.peer).toBe(answerer.fingerprints.own)
    expect(offerer.fingerprints.own).not.toBe(offerer.fingerprints.peer)
    expect(await offerer.path.info()).toMatchObject({ path: 'direct', transport: 'udp' })
  })

  it('keeps a message that comes before anybody listens', async () => {
    const [offerer, answerer] = pair()
    const [from, to] = await Promise.all([offerer.opened(), answerer.opened()])
    from.send(Uint8Array.of(1, 2, 3))
    await new Promise((resolve) => setTimeout(resolve, 100))
    const arrived = await new Promise<Uint8Array>((resolve) => to.onMessage(resolve))
    expect([...arrived]).toEqual([1, 2, 3])
  })

  it('gives up when no path is found', async () => {
    const lonely = connect({ initiator: true, onSignal: () => {}, connectTimeoutMs: 300 })
    await expect(lonely.opened()).rejects.toMatchObject({ code: 'no-path' })
  })

  it('stops looking when it is told to', async () => {
    const lonely = connect({ initiator: true, onSignal: () => {} })
    await expect(lonely.opened(AbortSignal.timeout(50))).rejects.toMatchObject({
      code: 'cancelled',
    })
  })

  it('tells the other end when it closes', async () => {
    const [offerer, answerer] = pair()
    const [, to] = await Promise.all([offerer.opened(), answerer.opened()])
    const closed = new Promise<void>((resolve) => to.onClose(resolve))
    offerer.close()
    await expect(closed).resolves.toBeUndefined()
  })

  it('takes one description and no more', async () => {
    const signals: Uint8Array[] = []
    connect({ initiator: true, onSignal: (signal) => signals.push(signal) })
    const answerer = connect({ initiator: false, onSignal: () => {} })
    while (signals.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    const [offer] = signals
    if (offer === undefined) throw new Error('no offer')
    answerer.signal(offer)
    expect(() => answerer.signal(offer)).toThrow(expect.objectContaining({ code: 'protocol' }))
  })

  it('takes as many candidates as a machine may have and no more', () => {
    const answerer = connect({ initiator: false, onSignal: () => {} })
    const candidate = (port: number) =>
      new TextEncoder().encode(
        JSON.stringify({
          type: 'candidate',
          candidate: {
            candidate: `candidate:1 1 udp 1 127.0.0.1 ${port} typ host`,
            sdpMid: '0',
            sdpMLineIndex: 0,
          },
        }),
      )
    const flood = () => {
      for (let port = 1000; port < 2000; port += 1) answerer.signal(candidate(port))
    }
    expect(flood).toThrow(expect.objectContaining({ code: 'protocol' }))
  })

  it('loses no byte at the end, however often it is closed right after the last one', async () => {
    for (let round = 0; round < 20; round += 1) {
      const [offerer, answerer] = pair()
      const channels = await Promise.all([offerer.opened(), answerer.opened()])
      const sent = createHash('sha256')
      const received = createHash('sha256')
      const laneOf = async (channel: Channel) => {
        const lane = await Lane.open(channel, open)
        lane.listen({ onPayload: (payload) => received.update(payload), onEnd: () => {} })
        return lane
      }
      const [from, to] = await Promise.all([laneOf(channels[0]), laneOf(channels[1])])
      for (let count = 0; count < 10; count += 1) {
        const payload = randomBytes(from.maxPayloadBytes)
        sent.update(payload)
        from.send([payload])
      }
      // A lost packet can cost the association seconds on a busy machine.
      await Promise.all([from.finish(30_000), to.finish(30_000)])
      expect(received.digest('hex')).toBe(sent.digest('hex'))
    }
  }, 120_000)
})
