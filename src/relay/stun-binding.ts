import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { RELAY_PROBE_INTERVAL_MS } from '../limits.ts'

/** RFC 8489, section 5: type, length of the rest, magic cookie, and a transaction id of 12 bytes. */
const BINDING_REQUEST = Buffer.from([0x00, 0x01, 0x00, 0x00, 0x21, 0x12, 0xa4, 0x42])
const BINDING_SUCCESS = 0x0101

/** Resolves once a STUN server answers there by UDP; throws when `signal` is aborted. */
export async function untilStunAnswers(
  address: string,
  port: number,
  signal: AbortSignal,
): Promise<void> {
  const transaction = randomBytes(12)
  const request = Buffer.concat([BINDING_REQUEST, transaction])
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
  // Nobody listens yet, or the network is not up; it is asked again.
  const ask = (): void => socket.send(request, port, address, () => undefined)
  socket.on('error', () => undefined)
  const asking = setInterval(ask, RELAY_PROBE_INTERVAL_MS)
  try {
    await new Promise<void>((resolve, reject) => {
      signal.throwIfAborted()
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      socket.on('message', (message) => {
        if (message.length < 20 || message.readUInt16BE(0) !== BINDING_SUCCESS) return
        if (message.subarray(8, 20).equals(transaction)) resolve()
      })
      ask()
    })
  } finally {
    clearInterval(asking)
    socket.close()
  }
}
