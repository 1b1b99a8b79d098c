import { randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { deferred } from '../deferred.ts'
import { STUN_RETRY_MS, STUN_TIMEOUT_MS } from '../limits.ts'
import {
  type BindingResponse,
  canonicalAddress,
  decodeBindingResponse,
  encodeBindingRequest,
  TRANSACTION_ID_BYTES,
  type TransportAddress,
} from './stun-message.ts'

export type Family = 4 | 6

type Listener = (message: Buffer, sender: TransportAddress) => void

/** One UDP socket that asks STUN servers, so that what they see of it can be compared. */
export class StunSocket {
  readonly #socket: Socket
  readonly #listeners = new Set<Listener>()

  /** Binds it to a port of its own. Throws Node's error where the family is not to be had. */
  static async open(family: Family): Promise<StunSocket> {
    const socket = createSocket({ type: `udp${family}`, ipv6Only: family === 6 })
    try {
      socket.bind()
      await once(socket, 'listening')
    } catch (thrown) {
      socket.close()
      throw thrown
    }
    return new StunSocket(socket)
  }

  private constructor(socket: Socket) {
    this.#socket = socket
    // A server that cannot be reached is one that does not answer.
    socket.on('error', () => {})
    socket.on('message', (message, { address, port }) => {
      for (const listener of this.#listeners) listener(message, { address, port })
    })
  }

  /**
   * What `server` says of this socket; undefined where nothing comes of it in time or `signal` is
   * aborted. Asks again at growing intervals (RFC 8489, section 6.2.1).
   */
  async ask(server: TransportAddress, signal: AbortSignal): Promise<BindingResponse | undefined> {
    if (signal.aborted) return undefined
    const transactionId = randomBytes(TRANSACTION_ID_BYTES)
    const request = encodeBindingRequest(transactionId)
    const send = () => this.#socket.send(request, server.port, server.address, () => {})
    const timers: NodeJS.Timeout[] = []
    const answered = deferred<BindingResponse | undefined>()
    const giveUp = () => answered.resolve(undefined)
    const listener: Listener = (message, sender) => {
      if (sender.port !== server.port) return
      if (canonicalAddress(sender.address) !== canonicalAddress(server.address)) return
      const response = decodeBindingResponse(message, transactionId)
      if (response) answered.resolve(response)
    }
    this.#listeners.add(listener)
    signal.addEventListener('abort', giveUp)
    for (let atMs = 0, pauseMs = STUN_RETRY_MS; atMs < STUN_TIMEOUT_MS; pauseMs *= 2) {
      timers.push(setTimeout(send, atMs))
      atMs += pauseMs
    }
    timers.push(setTimeout(giveUp, STUN_TIMEOUT_MS))
    try {
      return await answered.promise
    } finally {
      for (const timer of timers) clearTimeout(timer)
      this.#listeners.delete(listener)
      signal.removeEventListener('abort', giveUp)
    }
  }

  close(): void {
    this.#socket.close()
  }
}
