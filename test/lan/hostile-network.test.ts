import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { announce } from '../../src/lan/announce.ts'
import { discover, type LanAddress } from '../../src/lan/discover.ts'
import { MAX_LAN_ADDRESSES, MAX_LAN_SERVICES } from '../../src/limits.ts'
import {
  ADDRESS_RECORD,
  type FakeService,
  query,
  response,
  serviceRecords,
} from './mdns-message.ts'

/** Joining the group by any other interface would already send something (IGMP). */
const interfaceAddress = '127.0.0.1'

const SENDER = { address: '192.168.7.7', family: 'IPv4', port: 5353, size: 0 }

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

/** A socket that sends nothing; what would be sent is kept. */
function muteSocket() {
  const socket = createSocket({ type: 'udp4', reuseAddr: true })
  const sent: Buffer[] = []
  const send = vi.spyOn(socket, 'send')
  // Which of its many overloads is meant, TypeScript cannot know.
  send.mockImplementation((...args: unknown[]) => {
    const [message, callback] = [args[0], args.at(-1)]
    if (Buffer.isBuffer(message)) sent.push(message)
    if (typeof callback === 'function') setImmediate(() => callback(null))
  })
  return { socket, sent, send }
}

async function search(nameplate = '7') {
  const { socket, sent } = muteSocket()
  const stop = new AbortController()
  const found: LanAddress[] = []
  const errors: unknown[] = []
  discover({
    nameplate,
    socket,
    interfaceAddress,
    signal: stop.signal,
    onFound: (address) => found.push(address),
    onError: (error) => errors.push(error),
  })
  stops.push(() => stop.abort())
  await once(socket, 'listening')
  const hear = (message: Buffer): void => {
    socket.emit('message', message, { ...SENDER, size: message.length })
  }
  const hearOf = (service: FakeService): void => hear(response(serviceRecords(service)))
  return { found, errors, hear, hearOf, sent }
}

describe('discover', () => {
  it('finds where the answer came from and where it says that it is', async () => {
    const { found, hearOf } = await search()
    hearOf({ instance: 'a', port: 7342, txt: ['nameplate=7'], addresses: ['10.0.0.1'] })
    expect(found).toEqual([
      { service: 'a', host: '192.168.7.7', port: 7342 },
      { service: 'a', host: '10.0.0.1', port: 7342 },
    ])
  })

  it('finds each address once, and a service that changes again', async () => {
    const { found, hearOf } = await search()
    hearOf({ instance: 'a', port: 7342, txt: ['nameplate=7'] })
    hearOf({ instance: 'a', port: 7342, txt: ['nameplate=7'] })
    hearOf({ instance: 'b', port: 7342, txt: ['nameplate=7'] })
    hearOf({ instance: 'a', port: 7343, txt: ['nameplate=7'] })
    expect(found.map(({ port }) => port)).toEqual([7342, 7343])
  })

  it.each<[string, Omit<FakeService, 'instance'>]>([
    ['another nameplate', { port: 7342, txt: ['nameplate=77'] }],
    ['a nameplate in another field', { port: 7342, txt: ['name=7', 'nameplate'] }],
    ['no text', { port: 7342 }],
    ['an empty text', { port: 7342, txt: [''] }],
    ['a text that is aimed at prototypes', { port: 7342, txt: ['__proto__=7', 'constructor=7'] }],
    ['port 0', { port: 0, txt: ['nameplate=7'] }],
  ])('ignores a service with %s', async (_what, service) => {
    const { found, errors, hearOf } = await search()
    hearOf({ instance: 'a', ...service })
    hearOf({ instance: 'a', ...service })
    expect(found).toEqual([])
    expect(errors).toEqual([])
  })

  it('takes a few addresses of a service and a bounded number of services', async () => {
    const { found, hearOf } = await search()
    const addresses = Array.from({ length: 20 }, (_, index) => `10.0.0.${index}`)
    hearOf({ instance: 'a', port: 7342, txt: ['nameplate=7'], addresses })
    expect(found).toHaveLength(MAX_LAN_ADDRESSES)
    for (let port = 1; port < 300; port += 1) {
      hearOf({ instance: `b${port}`, port, txt: ['nameplate=7'] })
    }
    expect(found.length).toBeLessThanOrEqual(MAX_LAN_SERVICES)
  })

  it('still finds its sender in a network full of others', async () => {
    const { found, hearOf, sent } = await search()
    for (let index = 0; index < 300; index += 1) {
      hearOf({ instance: `b${index}`, port: 1, txt: ['nameplate=1'] })
    }
    // It has stopped listening until it asks again.
    hearOf({ instance: 'a', port: 7342, txt: ['nameplate=7'] })
    expect(found).toEqual([])
    const queries = sent.length
    await vi.waitUntil(() => sent.length > queries, { timeout: 5000 })
    hearOf({ instance: 'a', port: 7342, txt: ['nameplate=7'] })
    expect(found).toEqual([{ service: 'a', host: '192.168.7.7', port: 7342 }])
  })

  it('drops messages that are too large or hold too much', async () => {
    const { found, hear } = await search()
    const records = serviceRecords({ instance: 'a', port: 7342, txt: ['nameplate=7'] })
    hear(response([...records, ...Array(256).fill(ADDRESS_RECORD)]))
    hear(response([...records, Buffer.alloc(9000)]))
    expect(found).toEqual([])
  })

  it('survives any message', async () => {
    const { errors, hear } = await search()
    const valid = response(serviceRecords({ instance: 'a', port: 7342, txt: ['nameplate=8'] }))
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(valid.length), (bytes, at) => {
        hear(Buffer.from(bytes))
        hear(valid.subarray(0, at))
        hear(Buffer.concat([valid.subarray(0, at), bytes, valid.subarray(at + bytes.length)]))
      }),
      { numRuns: 500 },
    )
    expect(errors).toEqual([])
  })

  it('is over at once when its signal is aborted before', () => {
    const { socket } = muteSocket()
    const bind = vi.spyOn(socket, 'bind')
    discover({ nameplate: '7', socket, signal: AbortSignal.abort(), onFound: () => {} })
    expect(bind).not.toHaveBeenCalled()
    socket.close()
  })
})

describe('announce', () => {
  it('answers a question, and no message with too many', async () => {
    const { socket, sent } = muteSocket()
    const announcement = announce({
      nameplate: '7',
      port: 7342,
      onError: fail,
      interfaceAddress,
      socket,
    })
    stops.push(() => announcement.close())
    await once(socket, 'listening')
    await vi.waitUntil(() => sent.length === 1)
    const name = '_p2pshare._tcp.local'
    socket.emit('message', query([name]), SENDER)
    await vi.waitUntil(() => sent.length === 2)
    socket.emit('message', query(Array(17).fill(name)), SENDER)
    socket.emit('message', query([name]), SENDER)
    await vi.waitUntil(() => sent.length === 3)
    expect(sent[2]?.includes('nameplate=7')).toBe(true)
  })
})

describe('a machine without multicast', () => {
  const fault = (code: string): Error => Object.assign(new Error(code), { code })
  const thrower = (code: string) => (): never => {
    throw fault(code)
  }

  it.each<[string, (socket: Socket) => void, string | undefined]>([
    [
      'may not bind',
      (socket) => {
        vi.spyOn(socket, 'bind').mockImplementation(() => {
          setImmediate(() => socket.emit('error', fault('EACCES')))
          return socket
        })
      },
      'EACCES',
    ],
    [
      'has its port in use',
      (socket) => {
        vi.spyOn(socket, 'bind').mockImplementation(() => {
          setImmediate(() => socket.emit('error', fault('EADDRINUSE')))
          return socket
        })
      },
      'EADDRINUSE',
    ],
    [
      'throws at bind',
      (socket) => void vi.spyOn(socket, 'bind').mockImplementation(thrower('EPERM')),
      'EPERM',
    ],
    [
      // An interface without multicast beside others is nothing to complain about.
      'has no interface to join by',
      (socket) => void vi.spyOn(socket, 'addMembership').mockImplementation(thrower('ENODEV')),
      undefined,
    ],
    [
      'has no interface to send by',
      (socket) =>
        void vi.spyOn(socket, 'setMulticastInterface').mockImplementation(thrower('EADDRNOTAVAIL')),
      undefined,
    ],
    [
      'knows no time to live',
      (socket) =>
        void vi.spyOn(socket, 'setMulticastTTL').mockImplementation(thrower('ENOPROTOOPT')),
      'ENOPROTOOPT',
    ],
    [
      'has no route',
      (socket) => {
        vi.spyOn(socket, 'send').mockImplementation((...args: unknown[]) => {
          const callback = args.at(-1)
          if (typeof callback === 'function') setImmediate(() => callback(fault('ENETUNREACH')))
        })
      },
      'ENETUNREACH',
    ],
  ])('that %s is told once, and can close', async (_what, breakSocket, code) => {
    const errors: unknown[] = []
    const onError = (error: unknown): void => void errors.push(error)
    const announcing = muteSocket().socket
    const searching = muteSocket().socket
    breakSocket(announcing)
    breakSocket(searching)
    const announcement = announce({
      nameplate: '7',
      port: 7342,
      onError,
      interfaceAddress,
      socket: announcing,
    })
    const stop = new AbortController()
    discover({
      nameplate: '7',
      signal: stop.signal,
      onFound: fail,
      onError,
      interfaceAddress,
      socket: searching,
    })
    await new Promise((resolve) => setTimeout(resolve, 100))
    const ended = Promise.all([once(announcing, 'close'), once(searching, 'close')])
    await announcement.close()
    stop.abort()
    await ended
    expect(errors).toEqual(code === undefined ? [] : [fault(code), fault(code)])
  })
})

function fail(reason: unknown): never {
  throw new Error('this was not to happen', { cause: reason })
}
