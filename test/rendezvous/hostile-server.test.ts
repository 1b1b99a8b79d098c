import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Duplex } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { ShareError } from '../../src/errors.ts'
import { RendezvousClient } from '../../src/rendezvous/client.ts'
import { afterwards, connectClient, pause } from './fixture.ts'
import { decodeFrame, encodeFrame } from './raw-web-socket.ts'

const TEXT = 0x1
const BINARY = 0x2
const PING = 0x9

const OPEN =
  '0{"sid":"x","upgrades":[],"pingInterval":20000,"pingTimeout":20000,"maxPayload":32768}'
const JOINED = '40{"sid":"y"}'
const GRANTED = '430[{"ok":true,"nameplate":"7","token":"AAAAAAAAAAAAAAAAAAAAAA"}]'
const PAIRED = '42["paired",{"pair":1,"iceServers":[]}]'

/** Shorter than any limit of the client, which must not have waited for one. */
const AT_ONCE = { timeout: 4000 }

type Frame = string | { opcode: number; payload: Uint8Array }

/**
 * A server that greets every client with `greeting` and answers its claims with `answers`, one
 * after the other; it never answers anything else, not even a close.
 */
async function startScripted(greeting: Frame[], ...answers: Frame[][]): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(400).end())
  const sockets = new Set<Duplex>()
  server.on('upgrade', (request, socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
    const accept = createHash('sha1').update(key).digest('base64')
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    )
    for (const frame of greeting) socket.write(encode(frame))
    let unread = Buffer.alloc(0)
    let claims = 0
    socket.on('data', (chunk: Buffer) => {
      unread = Buffer.concat([unread, chunk])
      for (let frame = decodeFrame(unread); frame; frame = decodeFrame(unread)) {
        unread = unread.subarray(frame.end)
        if (!frame.payload.includes('["open",')) continue
        for (const each of answers[claims] ?? []) socket.write(encode(each))
        claims += 1
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterwards(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('no TCP server')
  return `http://127.0.0.1:${address.port}`
}

/** As a server sends it: without a mask. */
function encode(frame: Frame): Buffer {
  const { opcode, payload } =
    typeof frame === 'string' ? { opcode: TEXT, payload: Buffer.from(frame) } : frame
  const masked = encodeFrame(opcode, payload)
  const headBytes = masked.length - payload.length - 4
  const head = Buffer.from(masked.subarray(0, headBytes))
  head.writeUInt8(head.readUInt8(1) & 0x7f, 1)
  return Buffer.concat([head, payload])
}

const nobody = {
  onPaired: () => {},
  onMessage: () => {},
  onPeerLeft: () => {},
  onCrowded: () => {},
  onLost: () => {},
}

describe('a client refuses a server that', () => {
  it.each<[string, Frame[]]>([
    ['opens with malformed JSON', ['0garbage']],
    ['opens with nothing', ['0']],
    ['opens with null', ['0null']],
    ['opens with a list', ['0[]']],
    ['opens without upgrades', ['0{"sid":"x","pingInterval":1000,"pingTimeout":1000}']],
    ['opens with an endless ping', [OPEN.replace('20000', '1e300')]],
    ['does not open first', [JOINED]],
    ['opens twice', [OPEN, OPEN]],
    ['opens with bytes', [{ opcode: BINARY, payload: Buffer.from(OPEN) }]],
    ['says that joining failed without a reason', [OPEN, '44']],
    ['says that joining failed with a text', [OPEN, '44"x"']],
    ['says that joining failed', [OPEN, '44{"message":"\u001b[2J"}']],
    ['joins without an id', [OPEN, '40{}']],
    ['joins in the style of version 2', [OPEN, '40']],
    ['joins another namespace', [OPEN, '40/admin,{"sid":"y"}']],
    ['sends events before it joins', [OPEN, PAIRED]],
    ['sends an error packet', [OPEN, '4x']],
    ['sends a frame that is too large', [OPEN, `42["message",{"data":"${'A'.repeat(40_000)}"}]`]],
  ])('%s', AT_ONCE, async (_what, greeting) => {
    const url = await startScripted(greeting)
    const error = await failure(RendezvousClient.connect(url, nobody, { timeoutMs: 5000 }))
    expect(error.code).toBe('no-rendezvous')
    expect(`${error.message}${error.hint}`).not.toContain('\u001b')
  })

  it.each<[string, Frame[]]>([
    ['acknowledges with nothing', ['430']],
    ['acknowledges with no list', ['430{}']],
    ['acknowledges with an empty list', ['430[]']],
    ['acknowledges with bytes', ['461-0[{"_placeholder":true,"num":0}]']],
    ['answers a claim with null', ['430[null]']],
    ['answers without a token', ['430[{"ok":true,"nameplate":"7"}]']],
    ['gives another nameplate', [GRANTED.replace('"7"', '"8"')]],
    ['gives a nameplate with a control character', [GRANTED.replace('"7"', '"\\u001b"')]],
    ['refuses with an unheard-of word', ['430[{"ok":false,"error":"\\u001b[2J"}]']],
    ['refuses with an endless word', [`430[{"ok":false,"error":"${'x'.repeat(99)}"}]`]],
    ['leaves at once', ['41']],
  ])('%s', AT_ONCE, async (_what, answer) => {
    const url = await startScripted([OPEN, JOINED], answer)
    const { client } = await connectClient(url)
    const error = await failure(client.open({ role: 'receiver', nameplate: '7' }))
    expect(error.code).toBe('no-rendezvous')
    expect(`${error.message}${error.hint}`).not.toContain('\u001b')
  })

  const ice = (servers: unknown): string =>
    `42["paired",${JSON.stringify({ pair: 1, iceServers: servers })}]`
  it.each<[string, Frame]>([
    ['sends an event that nobody knows', '42["eval",{}]'],
    ['sends an event named __proto__', '42["__proto__",{}]'],
    ['sends a binary event', '451-["message",{"_placeholder":true,"num":0}]'],
    ['sends a frame that is too large', `42["crowded",{"x":"${'A'.repeat(40_000)}"}]`],
    ['sends bytes', { opcode: BINARY, payload: Buffer.from('42["left",{"pair":1}]') }],
    ['joins again as something else', '40/x,{"sid":"z"}'],
    ['pairs with nobody', '42["paired",null]'],
    ['pairs without a number', '42["paired",{"iceServers":[]}]'],
    ['pairs with a negative number', '42["paired",{"pair":-1,"iceServers":[]}]'],
    ['names a web page as ICE server', ice([{ urls: ['http://127.0.0.1/'] }])],
    ['names a file as ICE server', ice([{ urls: ['file:///etc/passwd'] }])],
    ['names an ICE server with a space', ice([{ urls: ['stun:a b'] }])],
    ['names a relay without a credential', ice([{ urls: ['turn:a'] }])],
    ['names nine ICE servers', ice(Array(9).fill({ urls: ['stun:a'] }))],
    ['gives a credential that is no text', ice([{ urls: ['turn:a'], credential: {} }])],
    ['sends a message that is not base64', '42["message",{"pair":1,"data":"?"}]'],
    ['sends a message without data', '42["message",{"pair":1}]'],
    ['says that nobody left', '42["left",{}]'],
  ])('%s', AT_ONCE, async (_what, frame) => {
    const url = await startScripted([OPEN, JOINED], [GRANTED, frame])
    const { client, until, told } = await connectClient(url)
    const opened = await client.open({ role: 'receiver', nameplate: '7' }).catch(() => 'lost')
    // The breach may come before or after the claim is granted.
    if (opened !== 'lost') await until('lost no-rendezvous')
    expect(told.filter((text) => !text.startsWith('lost'))).toEqual([])
  })

  it.each<[string, Frame]>([
    ['pings without end', '2'],
    ['pings its WebSocket without end', { opcode: PING, payload: Buffer.alloc(0) }],
    ['crowds without end', '42["crowded",{}]'],
  ])('%s', AT_ONCE, async (_what, frame) => {
    const url = await startScripted([OPEN, JOINED], [GRANTED, PAIRED, ...Array(3000).fill(frame)])
    const { client, until } = await connectClient(url)
    const opened = await client.open({ role: 'receiver', nameplate: '7' }).catch(() => 'lost')
    if (opened !== 'lost') await until('lost no-rendezvous')
  })
})

describe('a client', () => {
  it('takes the ICE servers that it may take', async () => {
    const servers = [
      { urls: ['stun:stun.example.org:3478'] },
      { urls: ['turn:[2001:db8::1]:3478?transport=udp'], username: 'u', credential: 'c' },
      { urls: ['turns:t.example.org'], username: 'u', credential: 'c' },
    ]
    const paired = `42["paired",${JSON.stringify({ pair: 3, iceServers: servers })}]`
    const url = await startScripted([OPEN, JOINED], [GRANTED, paired])
    const { client, until, pairs } = await connectClient(url)
    await client.open({ role: 'receiver', nameplate: '7' })
    await until('paired')
    expect(pairs).toEqual([{ pair: 3, iceServers: servers }])
  })

  it('drops messages and farewells of a stale pair', async () => {
    const message = '42["message",{"pair":1,"data":"b2xk"}]'
    const frames = [
      GRANTED,
      PAIRED.replace('1', '2'),
      message,
      '42["left",{"pair":1}]',
      '42["crowded",{}]',
    ]
    const url = await startScripted([OPEN, JOINED], frames)
    const { client, until, told } = await connectClient(url)
    await client.open({ role: 'sender', nameplate: '7' })
    await until('crowded')
    expect(told).toEqual(['paired', 'crowded'])
  })

  it('closes although the server answers nothing', async () => {
    const url = await startScripted([OPEN, JOINED], [GRANTED])
    const { client } = await connectClient(url)
    await client.open({ role: 'receiver', nameplate: '7' })
    await Promise.all([client.close(), client.close()])
  })

  it('gives up when nobody answers in time, and when it is told to', async () => {
    const url = await startScripted([])
    const late = await failure(RendezvousClient.connect(url, nobody, { timeoutMs: 50 }))
    expect(late.code).toBe('no-rendezvous')
    const stop = new AbortController()
    const waiting = failure(RendezvousClient.connect(url, nobody, { signal: stop.signal }))
    await pause(50)
    stop.abort(new ShareError('stopped-sigint', 'Stopped'))
    expect((await waiting).code).toBe('stopped-sigint')
    const aborted = { signal: stop.signal }
    expect((await failure(RendezvousClient.connect(url, nobody, aborted))).code).toBe(
      'stopped-sigint',
    )
  })

  it('asks again while the server is busy', async () => {
    const busy = (id: number): string => `43${id}[{"ok":false,"error":"busy"}]`
    const granted = GRANTED.replace('430', '432')
    const url = await startScripted([OPEN, JOINED], [busy(0)], [busy(1)], [granted])
    const { client } = await connectClient(url)
    expect(await client.open({ role: 'receiver', nameplate: '7' })).toBe('7')
  })

  it('may try another nameplate after a refusal', async () => {
    const taken = '430[{"ok":false,"error":"taken"}]'
    const url = await startScripted([OPEN, JOINED], [taken], [GRANTED.replace('430', '431')])
    const { client } = await connectClient(url)
    const refused = failure(client.open({ role: 'sender', nameplate: '6' }))
    expect((await refused).code).toBe('usage')
    expect(await client.open({ role: 'sender', nameplate: '7' })).toBe('7')
  })

  it('gives up a claim when it is told to', async () => {
    const url = await startScripted([OPEN, JOINED])
    const { client } = await connectClient(url)
    const stop = new AbortController()
    const waiting = failure(client.open({ role: 'sender' }, stop.signal))
    await pause(50)
    stop.abort()
    expect((await waiting).code).toBe('cancelled')
  })

  it('says where nobody listens', async () => {
    const error = await failure(RendezvousClient.connect('http://127.0.0.1:1', nobody))
    expect(error.code).toBe('no-rendezvous')
    expect(error.message).toBe('No rendezvous answers at http://127.0.0.1:1 (ECONNREFUSED)')
  })
})

async function failure(promise: Promise<unknown>): Promise<ShareError> {
  const error: unknown = await promise.then(
    () => new Error('did not fail'),
    (reason: unknown) => reason,
  )
  if (error instanceof ShareError) return error
  throw error
}
