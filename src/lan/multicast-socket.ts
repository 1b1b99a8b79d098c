import { createSocket, type Socket } from 'node:dgram'
import { EventEmitter } from 'node:events'
import { MAX_MDNS_MESSAGE_BYTES, MAX_MDNS_QUESTIONS, MAX_MDNS_RECORDS } from '../limits.ts'

/** RFC 1035, section 4.1.1: an id, flags, and how many of each of four kinds of record follow. */
const HEADER_BYTES = 12

type SendArguments = [offset: number, length: number, port: number, address: string]

/**
 * The UDP socket that `multicast-dns` is given. Used directly, a socket makes that library throw
 * where nobody can catch it: on a machine without multicast, and on messages that its users do not
 * expect. Here the first such error goes to `onError`, and messages that are too large, or claim to
 * hold too much, are dropped unread.
 */
export class MulticastSocket extends EventEmitter {
  readonly #socket: Socket
  readonly #onError: (error: unknown) => void
  #hasFailed = false
  #isClosed = false

  constructor(
    onError: (error: unknown) => void,
    socket: Socket = createSocket({ type: 'udp4', reuseAddr: true }),
  ) {
    super()
    this.#socket = socket
    this.#onError = onError
    socket.on('error', (error) => this.#fail(error))
    socket.on('listening', () => this.#attempt(() => this.emit('listening')))
    socket.on('message', (message, sender) => {
      if (isAcceptable(message)) this.#attempt(() => this.emit('message', message, sender))
    })
  }

  /** On all addresses, whatever `_address` says: multicast does not arrive at one of them alone. */
  bind(port: number, _address: unknown, onBound: () => void): void {
    this.#attempt(() => this.#socket.bind(port, () => this.#attempt(onBound)))
  }

  send(message: Buffer, ...rest: [...SendArguments, (error: Error | null) => void]): void {
    const [offset, length, port, address, onSent] = rest
    const done = (error: Error | null): void => {
      if (error !== null) this.#fail(error)
      this.#attempt(() => onSent(error))
    }
    if (this.#isClosed) done(null)
    else this.#socket.send(message, offset, length, port, address, done)
  }

  /** `multicast-dns` closes its socket once, and then sends nothing more. */
  close(onClosed: () => void): void {
    this.#isClosed = true
    this.#socket.close(onClosed)
  }

  address(): ReturnType<Socket['address']> {
    return this.#socket.address()
  }

  addMembership(group: string, interfaceAddress?: string): void {
    this.#socket.addMembership(group, interfaceAddress)
  }

  dropMembership(group: string, interfaceAddress?: string): void {
    this.#socket.dropMembership(group, interfaceAddress)
  }

  setMulticastInterface(interfaceAddress: string): void {
    this.#socket.setMulticastInterface(interfaceAddress)
  }

  setMulticastTTL(hops: number): void {
    this.#socket.setMulticastTTL(hops)
  }

  setMulticastLoopback(isOn: boolean): void {
    this.#socket.setMulticastLoopback(isOn)
  }

  #attempt(action: () => void): void {
    try {
      action()
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    if (this.#hasFailed || this.#isClosed) return
    this.#hasFailed = true
    this.#onError(error)
  }
}

function isAcceptable(message: Buffer): boolean {
  if (message.length < HEADER_BYTES || message.length > MAX_MDNS_MESSAGE_BYTES) return false
  const questions = message.readUInt16BE(4)
  const records = message.readUInt16BE(6) + message.readUInt16BE(8) + message.readUInt16BE(10)
  return questions <= MAX_MDNS_QUESTIONS && records <= MAX_MDNS_RECORDS
}
