import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { createServerLogger } from '../../src/rendezvous/server/logger.ts'
import { afterwards, connectClient, pause, startServer } from './fixture.ts'
import { RawWebSocket } from './raw-web-socket.ts'

const TEXT = 0x1
const CONTINUATION = 0x0
const PING = 0x9

async function join(port: number, localAddress?: string): Promise<RawWebSocket> {
  const raw = await RawWebSocket.join(port, localAddress === undefined ? {} : { localAddress })
  afterwards(() => raw.socket.destroy())
  return raw
}

/** Whether two ordinary clients still meet. */
async function stillWorks(url: string): Promise<void> {
  const sender = await connectClient(url)
  const receiver = await connectClient(url)
  const nameplate = await sender.client.open({ role: 'sender' })
  await receiver.client.open({ role: 'receiver', nameplate })
  await Promise.all([sender.until('paired'), receiver.until('paired')])
}

describe('a server', () => {
  it.each([
    ['a frame above 32 KiB', `42["message",{"pair":1,"data":"${'A'.repeat(33 * 1024)}"}]`],
    ['an event that it does not have', '42["join",{}]'],
    ['an event named error, which Node would throw', '42["error","x"]'],
    ['an event named like a method', '42["__proto__",{}]'],
    ['a numbered event', '42[1,{}]'],
    ['a reserved event', '42["connect",{}]'],
    ['a binary event', '451-["message",{"pair":1,"data":{"_placeholder":true,"num":0}}]'],
    ['eleven attachments', '4511-["message",{}]'],
    ['a binary acknowledgement', '461-0[{}]'],
    ['an acknowledgement', '430[{}]'],
    ['another namespace', '40/admin,'],
    ['a second join', '40'],
    ['a connect error', '44{"message":"x"}'],
    ['an event without a payload', '420["open"]'],
    ['malformed JSON', '420["open",{]'],
    ['an object for an event', '42{"length":1}'],
    ['an unknown packet type', '49'],
    ['an empty message', '4'],
    ['a ping, which only servers send', '2'],
    ['an upgrade', '5'],
    ['no packet at all', 'hello'],
    ['a claim that expects no answer', '42["open",{"v":1,"role":"sender"}]'],
    ['a message that is no object', '42["message",7]'],
    ['a message that is not base64', '42["message",{"pair":1,"data":"<b>"}]'],
    ['a message with too much base64', `42["message",{"pair":1,"data":"${'A'.repeat(32_004)}"}]`],
    ['a message of a pair below one', '42["message",{"pair":0,"data":""}]'],
    ['a message of half a pair', '42["message",{"pair":1.5,"data":""}]'],
  ])('cuts off %s', async (_what, text) => {
    const { port, url } = await startServer()
    const raw = await join(port)
    raw.text(text)
    await raw.closed
    await stillWorks(url)
  })

  it('cuts off binary frames', async () => {
    const { port, url } = await startServer()
    const raw = await join(port)
    raw.binary(Buffer.from('42["open",{}]'))
    await raw.closed
    await stillWorks(url)
  })

  it('cuts off a message in a hundred thousand fragments', async () => {
    const { port, url } = await startServer()
    const raw = await join(port)
    raw.frame(TEXT, Buffer.from('4'), false)
    for (let count = 0; count < 100_000 && !raw.socket.destroyed; count += 1) {
      raw.frame(CONTINUATION, Buffer.from(' '), false)
    }
    await raw.closed
    await stillWorks(url)
  })

  it.each([
    ['nothing', null],
    ['a text', 'open'],
    ['a list', []],
    ['no version', { role: 'sender' }],
    ['no role', { v: 1 }],
    ['a role of an object', { v: 1, role: 'constructor' }],
    ['an empty nameplate', { v: 1, role: 'receiver', nameplate: '' }],
    ['a nameplate in capitals', { v: 1, role: 'sender', nameplate: 'ABC' }],
    ['a nameplate with a control character', { v: 1, role: 'sender', nameplate: 'a\u001b' }],
    ['a nameplate of 33 characters', { v: 1, role: 'sender', nameplate: 'a'.repeat(33) }],
    ['a nameplate that is no text', { v: 1, role: 'sender', nameplate: { toString: 1 } }],
    ['a token of the wrong length', { v: 1, role: 'sender', token: 'abc' }],
  ])('refuses a claim with %s', async (_what, payload) => {
    const { port } = await startServer()
    const raw = await join(port)
    expect(await raw.request('open', payload)).toEqual({ ok: false, error: 'bad-request' })
  })

  it('tells a client of another version so', async () => {
    const { port } = await startServer()
    const raw = await join(port)
    const reply = await raw.request('open', { v: 2, role: 'courier' })
    expect(reply).toEqual({ ok: false, error: 'incompatible' })
  })

  it('is not polluted by prototypes', async () => {
    const { port } = await startServer()
    const raw = await join(port)
    raw.text(
      '420["open",{"v":1,"role":"sender","__proto__":{"nameplate":"evil"},"constructor":{"prototype":{"nameplate":"evil"}}}]',
    )
    await raw.until(() => raw.received.some((text) => text.startsWith('430[')))
    expect(raw.received.at(-1)).toMatch(/"nameplate":"[1-9]"/)
    expect('nameplate' in {}).toBe(false)
  })

  it('gives one socket one mailbox', async () => {
    const { port } = await startServer()
    const raw = await join(port)
    expect(await raw.request('open', { v: 1, role: 'sender' }, 0)).toMatchObject({ ok: true })
    const second = await raw.request('open', { v: 1, role: 'receiver', nameplate: '77' }, 1)
    expect(second).toEqual({ ok: false, error: 'bad-request' })
  })

  it('cuts off a socket that makes claims all at once', async () => {
    const { port, url } = await startServer()
    const raw = await join(port)
    for (let id = 0; id < 50; id += 1) raw.emit('open', { v: 1, role: 'sender' }, id)
    await raw.closed
    await stillWorks(url)
  })

  it('drops messages of a stale pair, and those of whoever has none', async () => {
    const { port, url } = await startServer()
    const sender = await connectClient(url)
    const nameplate = await sender.client.open({ role: 'sender' })
    const first = await join(port)
    first.emit('message', { pair: 1, data: 'AAAA' })
    await first.request('open', { v: 1, role: 'receiver', nameplate })
    await first.request('close', {}, 1)
    const second = await join(port)
    await second.request('open', { v: 1, role: 'receiver', nameplate })
    await sender.until('paired', 2)
    first.emit('message', { pair: 1, data: 'b2xk' })
    first.emit('message', { pair: 2, data: 'b2xk' })
    second.emit('message', { pair: 1, data: 'b2xk' })
    second.emit('message', { pair: 2, data: 'bmV3' })
    await sender.until('message new')
    expect(sender.told).toEqual(['paired', 'left', 'paired', 'message new'])
  })
})

describe('a server admits no', () => {
  it.each([
    ['page of another site', { headers: { Origin: 'https://example.org' } }],
    ['page of its own address', { headers: { Origin: 'http://127.0.0.1' } }],
    ['page without an origin', { headers: { Origin: 'null' } }],
    ['other protocol version', { path: '/socket.io/?EIO=3&transport=websocket' }],
    ['session by its id', { path: '/socket.io/?EIO=4&transport=websocket&%73id=x' }],
    ['unknown transport', { path: '/socket.io/?EIO=4&transport=constructor' }],
    ['other path', { path: '/elsewhere' }],
  ])('%s', async (_what, options) => {
    const { port, url } = await startServer()
    const raw = await RawWebSocket.open(port, options)
    await raw.closed
    expect(raw.received).toEqual([])
    await stillWorks(url)
  })

  it('second transport to a session that exists', async () => {
    const { port, url } = await startServer()
    const first = await join(port)
    const sid = /"sid":"([^"]+)"/.exec(first.received[0] ?? '')?.[1]
    const path = `/socket.io/?EIO=4&transport=websocket&%73id=${sid}`
    const second = await RawWebSocket.open(port, { path })
    await second.closed
    expect(second.head).not.toContain('101')
    await stillWorks(url)
  })

  it('long polling', async () => {
    const { url } = await startServer()
    const response = await fetch(`${url}/socket.io/?EIO=4&transport=polling`)
    expect(response.status).toBe(400)
  })
})

describe('a server with budgets', () => {
  it('gives one address so many connections and no more', async () => {
    const { port, url } = await startServer({ budgets: { socketsPerAddress: 4 } })
    const own = await Promise.all([1, 2, 3, 4].map(() => join(port, '127.0.0.2')))
    const refused = await RawWebSocket.open(port, { localAddress: '127.0.0.2' })
    await refused.closed
    expect(refused.head).toBe('')
    await stillWorks(url)
    own[0]?.socket.destroy()
    await pause(50)
    await join(port, '127.0.0.2')
  })

  it('counts connections that never become a WebSocket', async () => {
    const { port } = await startServer({ budgets: { socketsPerAddress: 2 } })
    const idle = [1, 2].map(() => connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' }))
    afterwards(() => idle.map((socket) => socket.destroy()))
    await pause(50)
    const refused = await RawWebSocket.open(port, { localAddress: '127.0.0.2' })
    await refused.closed
    expect(refused.head).toBe('')
  })

  it('counts the clients of a trusted proxy by their own addresses', async () => {
    const { port } = await startServer({
      budgets: { socketsPerAddress: 2 },
      trustedProxies: ['127.0.0.3'],
    })
    const behind = (client: string): Promise<RawWebSocket> =>
      RawWebSocket.open(port, {
        localAddress: '127.0.0.3',
        headers: { 'X-Forwarded-For': `198.51.100.99, ${client}` },
      })
    const heads: string[] = []
    for (const client of ['203.0.113.1', '203.0.113.1', '203.0.113.1', '203.0.113.2']) {
      const raw = await behind(client)
      afterwards(() => raw.socket.destroy())
      heads.push(raw.head.slice(0, 12))
    }
    expect(heads.map((head) => head.includes('101'))).toEqual([true, true, false, true])
  })

  it('answers so many claims a minute from one address, whatever they are for', async () => {
    const { port, url } = await startServer({ budgets: { claimsPerMinutePerAddress: 3 } })
    const answers: unknown[] = []
    for (const nameplate of ['1', '2', '3', '4', '5']) {
      const raw = await join(port, '127.0.0.2')
      const { ok, error } = await raw.request('open', { v: 1, role: 'receiver', nameplate })
      answers.push(ok === true ? 'ok' : error)
    }
    expect(answers).toEqual(['ok', 'ok', 'ok', 'busy', 'busy'])
    await stillWorks(url)
  })

  it('cuts off a socket that floods it with packets, WebSocket pings among them', async () => {
    const { port, url } = await startServer({ budgets: { packetsPerMinutePerSocket: 50 } })
    const chatty = await join(port)
    const pinging = await join(port)
    for (let count = 0; count < 60; count += 1) {
      chatty.emit('message', { pair: 1, data: '' })
      pinging.frame(PING, Buffer.alloc(0))
    }
    await Promise.all([chatty.closed, pinging.closed])
    await stillWorks(url)
  })

  it('cuts off whoever passes too many messages, and the other side waits on', async () => {
    const { port, url } = await startServer({ budgets: { mailboxMessages: 10 } })
    const sender = await connectClient(url)
    const nameplate = await sender.client.open({ role: 'sender' })
    const raw = await join(port)
    await raw.request('open', { v: 1, role: 'receiver', nameplate })
    for (let count = 0; count < 20; count += 1) raw.emit('message', { pair: 1, data: 'eA==' })
    await raw.closed
    await sender.until('left')
    expect(sender.told.filter((text) => text === 'message x')).toHaveLength(10)
    expect(sender.told.at(-1)).toBe('left')
  })

  it('drops a side that does not read, and the other side waits on', async () => {
    const { port, url } = await startServer({
      budgets: { mailboxMessages: 1e6, mailboxBytes: 1e9, packetsPerMinutePerSocket: 1e6 },
    })
    const sender = await connectClient(url)
    const nameplate = await sender.client.open({ role: 'sender' })
    const raw = await join(port)
    await raw.request('open', { v: 1, role: 'receiver', nameplate })
    await sender.until('paired')
    raw.socket.pause()
    const bytes = new Uint8Array(24_000)
    for (let count = 0; !sender.told.includes('left'); count += 1) {
      sender.client.send(bytes)
      if (count % 10 === 0) await pause(1)
    }
    await stillWorks(url)
  })
})

describe('the log of a server', () => {
  it('has no nameplate, message, token or address of ordinary traffic', async () => {
    const lines: string[] = []
    const logger = createServerLogger({
      level: 'debug',
      destination: { write: (l) => lines.push(l) },
    })
    const { url, close } = await startServer({ logger })
    const sender = await connectClient(url)
    const receiver = await connectClient(url)
    await sender.client.open({ role: 'sender', nameplate: 'secretplate' })
    await receiver.client.open({ role: 'receiver', nameplate: 'secretplate' })
    await sender.until('paired')
    sender.client.send(Buffer.from('secretbody'))
    await receiver.until('message secretbody')
    await sender.client.close()
    await receiver.client.close()
    await close()
    const log = lines.join('')
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['listening', 'closed'])
    expect(log).not.toMatch(/secretplate|secretbody|c2VjcmV0|hostname/)
  })

  it('names who went over a limit, once a minute', async () => {
    const lines: string[] = []
    const logger = createServerLogger({ destination: { write: (line) => lines.push(line) } })
    const { port } = await startServer({ logger, budgets: { claimsPerMinutePerAddress: 1 } })
    for (let count = 0; count < 4; count += 1) {
      const raw = await join(port, '127.0.0.2')
      await raw.request('open', { v: 1, role: 'receiver', nameplate: `secret${count}` })
    }
    const warnings = lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 40)
    expect(warnings).toMatchObject([{ address: '127.0.0.2', reason: 'claims' }])
    expect(lines.join('')).not.toContain('secret')
  })
})
