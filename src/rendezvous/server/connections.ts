import type { Server as HttpServer, IncomingMessage } from 'node:http'
import type { BlockList, Socket } from 'node:net'
import { addressKey, clientAddress, isTrusted } from './client-address.ts'

export interface ConnectionsInit {
  perAddress: number
  proxies: BlockList
  onRefused: (address: string) => void
}

/**
 * Every TCP connection of a server, counted by address from its first byte on, so that one that
 * never gets as far as a WebSocket counts as well. Behind a trusted proxy the address is only known
 * with the request.
 */
export class Connections {
  readonly #init: ConnectionsInit
  readonly #sockets = new Set<Socket>()
  readonly #counts = new Map<string, number>()

  constructor(server: HttpServer, init: ConnectionsInit) {
    this.#init = init
    server.on('connection', (socket) => this.#add(socket))
  }

  /** Whether the client behind `request` may have one more connection; counts it if so. */
  admit(request: IncomingMessage): boolean {
    if (!isTrusted(request.socket.remoteAddress ?? '', this.#init.proxies)) return true
    return this.#count(request.socket, clientAddress(request, this.#init.proxies))
  }

  destroyAll(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #add(socket: Socket): void {
    // Between the HTTP parser and the WebSocket nobody else listens, and a reset is no news.
    socket.on('error', () => socket.destroy())
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    const address = socket.remoteAddress ?? ''
    if (isTrusted(address, this.#init.proxies)) return
    if (!this.#count(socket, address)) socket.destroy()
  }

  #count(socket: Socket, address: string): boolean {
    const key = addressKey(address)
    const count = (this.#counts.get(key) ?? 0) + 1
    if (count > this.#init.perAddress) {
      this.#init.onRefused(key)
      return false
    }
    this.#counts.set(key, count)
    socket.once('close', () => {
      const left = (this.#counts.get(key) ?? 1) - 1
      if (left === 0) this.#counts.delete(key)
      else this.#counts.set(key, left)
    })
    return true
  }
}
