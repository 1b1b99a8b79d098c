import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, isIPv6 } from 'node:net'

export type PortState = 'free' | 'taken' | 'forbidden' | 'no-address'

const STATES: Record<string, PortState> = {
  EADDRINUSE: 'taken',
  EACCES: 'forbidden',
  EPERM: 'forbidden',
  EADDRNOTAVAIL: 'no-address',
  EAFNOSUPPORT: 'no-address',
}

/**
 * Whether this process could listen on a port, by UDP and TCP. Coturn itself shares the UDP port of
 * another coturn, waits a minute for others, and ends.
 * @throws Node's own error where something else is in the way.
 */
export async function checkPort(address: string, port: number): Promise<PortState> {
  try {
    await tryUdp(address, port)
    await tryTcp(address, port)
    return 'free'
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const state = STATES[code]
    if (state === undefined) throw error
    return state
  }
}

async function tryUdp(address: string, port: number): Promise<void> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
  try {
    socket.bind({ address, port, exclusive: true })
    await once(socket, 'listening')
  } finally {
    socket.close()
  }
}

async function tryTcp(host: string, port: number): Promise<void> {
  const server = createServer()
  try {
    server.listen({ host, port, exclusive: true })
    await once(server, 'listening')
  } finally {
    server.close()
  }
}
