import type SimplePeer from 'simple-peer'
import type { Channel } from './channel.ts'
import { collectMessages } from './collect-messages.ts'
import type { ConnectionPath } from './connection-path.ts'

export interface PeerChannelInit {
  peer: SimplePeer.Instance
  path: ConnectionPath
  close: () => void
}

/** A peer that keeps to the protocol says READY and then waits for ours. */
const MAX_EARLY_MESSAGES = 2

/** The data channel of a connection, from the moment at which the connection is made. */
export class PeerChannel implements Channel {
  /** Known once the other side has described its end. */
  maxMessageBytes = 0
  /** Closes the connection, which has no other use than the channel. */
  readonly close: () => void
  readonly #peer: SimplePeer.Instance
  readonly #path: ConnectionPath
  #onMessage: ((message: Uint8Array) => void) | undefined
  #onClose: (() => void) | undefined
  /** Messages that came before there was a handler. */
  readonly #early: Uint8Array[] = []

  constructor({ peer, path, close }: PeerChannelInit) {
    this.#peer = peer
    this.#path = path
    this.close = close
    peer.on('data', (message: Uint8Array) => this.#receive(message))
    peer.on('close', () => this.#onClose?.())
  }

  get path(): Channel['path'] {
    return this.#path.latest
  }

  bufferedBytes(): number {
    return this.#peer.bufferSize
  }

  send(message: Uint8Array): void {
    if (this.#peer.destroyed) return
    collectMessages(message.length)
    try {
      this.#peer.send(message)
    } catch {
      // The engine has closed the channel, and its event for that is still to come.
      this.close()
    }
  }

  signsOfLife(): Promise<number> {
    return this.#path.packets()
  }

  onMessage(handler: (message: Uint8Array) => void): void {
    this.#onMessage = handler
    for (const message of this.#early.splice(0)) handler(message)
  }

  onClose(handler: () => void): void {
    this.#onClose = handler
    if (this.#peer.destroyed) handler()
  }

  #receive(message: Uint8Array): void {
    collectMessages(message.length)
    if (this.#onMessage) this.#onMessage(message)
    else if (this.#early.length < MAX_EARLY_MESSAGES) this.#early.push(message)
    else this.close()
  }
}
