import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { describe, expect, it, onTestFinished } from 'vitest'
import { natMapping } from '../../src/diagnosis/nat-mapping.ts'
import { seeFromOutside } from '../../src/diagnosis/see-from-outside.ts'

const { signal } = new AbortController()

interface StunServerInit {
  /** What it says of whoever asks. */
  mapped?: (sender: RemoteInfo) => { address: string; port: number }
  other?: { address: string; port: number }
  /** How many requests it leaves unanswered. */
  ignores?: number
}

/** A STUN server on a loopback port that says what it is told to. */
async function startStun({ mapped = (sender) => sender, other, ignores = 0 }: StunServerInit = {}) {
  const socket: Socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  onTestFinished(() => void socket.close())
  const requests: Buffer[] = []
  socket.on('message', (request, sender) => {
    requests.push(request)
    if (requests.length <= ignores) return
    const attributes = [
      attribute(0x0001, mapped(sender)),
      ...(other ? [attribute(0x802c, other)] : []),
    ]
    const body = Buffer.concat(attributes)
    const header = Buffer.from(request.subarray(0, 20))
    header.writeUInt16BE(0x0101)
    header.writeUInt16BE(body.length, 2)
    socket.send(Buffer.concat([header, body]), sender.port, sender.address)
  })
  return { host: '127.0.0.1', port: socket.address().port, requests }
}

function attribute(type: number, { address, port }: { address: string; port: number }): Buffer {
  const bytes = Buffer.alloc(12)
  bytes.writeUInt16BE(type)
  bytes.writeUInt16BE(8, 2)
  bytes.writeUInt16BE(1, 4)
  bytes.writeUInt16BE(port, 6)
  bytes.set(address.split('.').map(Number), 8)
  return bytes
}

describe('seen from outside', () => {
  it('a machine without a NAT has the same address everywhere', async () => {
    const servers = [await startStun(), await startStun()]
    const { ipv4, ipv6 } = await seeFromOutside(servers, signal)
    expect(ipv4.sightings).toHaveLength(2)
    expect(natMapping(ipv4.sightings, (address) => address === '127.0.0.1')).toBe('none')
    expect(ipv6).toEqual({ asked: 0, sightings: [] })
  })

  it('a NAT that gives each destination its own port is symmetric', async () => {
    const at = (port: number) => ({ mapped: () => ({ address: '203.0.113.5', port }) })
    const servers = [await startStun(at(4000)), await startStun(at(4001))]
    const { ipv4 } = await seeFromOutside(servers, signal)
    expect(natMapping(ipv4.sightings, () => false)).toBe('symmetric')
  })

  it('a server with another address is asked there too', async () => {
    const second = await startStun()
    const first = await startStun({ other: { address: '127.0.0.1', port: second.port } })
    const { ipv4 } = await seeFromOutside([first], signal)
    expect(ipv4.sightings.map(({ server }) => server.port)).toEqual([first.port, second.port])
  })

  it('a lost packet is sent again, as the same request', async () => {
    const server = await startStun({ ignores: 1 })
    const { ipv4 } = await seeFromOutside([server], signal)
    expect(ipv4.sightings).toHaveLength(1)
    expect(server.requests.length).toBeGreaterThanOrEqual(2)
    expect(server.requests[1]).toEqual(server.requests[0])
  })

  it('there is nothing where nobody answers', async () => {
    const silent = await startStun({ ignores: 100 })
    const { ipv4 } = await seeFromOutside([silent], signal)
    expect(ipv4).toEqual({ asked: 1, sightings: [] })
  })

  it('there is nothing once it is stopped', async () => {
    const stop = new AbortController()
    const silent = await startStun({ ignores: 100 })
    const seeing = seeFromOutside([silent], stop.signal)
    stop.abort()
    expect((await seeing).ipv4.sightings).toEqual([])
  })

  it('a name that is not known is no server', async () => {
    const { ipv4 } = await seeFromOutside([{ host: 'no-such-name.invalid', port: 3478 }], signal)
    expect(ipv4).toEqual({ asked: 0, sightings: [] })
  })
})
