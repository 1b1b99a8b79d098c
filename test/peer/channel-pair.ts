import type { Channel } from '../../src/peer/channel.ts'

export interface FakeChannel extends Channel {
  /** Every message given to `send`. */
  readonly sent: Uint8Array[]
  /** While true, nothing sent from here arrives. */
  silent: boolean
  /** What `bufferedBytes` says. */
  buffered: number
  closed: boolean
  /** What `signsOfLife` says. */
  packets: number
}

/** Two ends of a channel in memory, which delivers in order and in a later microtask. */
export function channelPair(maxMessageBytes = 256 * 1024): [FakeChannel, FakeChannel] {
  const end = (other: () => FakeChannel & Handlers): FakeChannel & Handlers => ({
    maxMessageBytes,
    path: { path: 'direct', transport: 'udp' },
    sent: [],
    silent: false,
    buffered: 0,
    closed: false,
    packets: 0,
    handleMessage: () => {},
    handleClose: () => {},
    bufferedBytes() {
      return this.buffered
    },
    signsOfLife() {
      return Promise.resolve(this.packets)
    },
    send(message) {
      const copy = message.slice()
      this.sent.push(copy)
      queueMicrotask(() => {
        if (!this.silent && !this.closed && !other().closed) other().handleMessage(copy)
      })
    },
    onMessage(handler) {
      this.handleMessage = handler
    },
    onClose(handler) {
      this.handleClose = handler
    },
    close() {
      if (this.closed) return
      this.closed = true
      queueMicrotask(() => {
        if (this.silent || other().closed) return
        other().closed = true
        other().handleClose()
      })
    },
  })
  const a: FakeChannel & Handlers = end(() => b)
  const b: FakeChannel & Handlers = end(() => a)
  return [a, b]
}

interface Handlers {
  handleMessage: (message: Uint8Array) => void
  handleClose: () => void
}
