import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

const TEXT = 0x1
const BINARY = 0x2

export interface RawOptions {
  /** The address to come from. */
  localAddress?: string
  path?: string
  headers?: Record<string, string>
}

/** A WebSocket client that does what no well-behaved one would; RFC 6455 without the checks. */
export class RawWebSocket {
  readonly socket: Socket
  readonly received: string[] = []
  readonly closed: Promise<void>
  #buffer = Buffer.alloc(0)
  #head = ''

  private constructor(socket: Socket) {
    this.socket = socket
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()))
    socket.on('error', () => {})
    socket.on('data', (chunk) => this.#read(chunk))
  }

  /** Resolves with the HTTP head of the answer in `head`, or once the connection is cut. */
  static async open(port: number, options: RawOptions = {}): Promise<RawWebSocket> {
    const { localAddress = '127.0.0.1', path = '/socket.io/?EIO=4&transport=websocket' } = options
    const socket = connect({ port, host: '127.0.0.1', localAddress })
    const raw = new RawWebSocket(socket)
    await Promise.race([once(socket, 'connect'), raw.closed])
    const headers = {
      Host: `127.0.0.1:${port}`,
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
      ...options.headers,
    }
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`)
    await Promise.race([raw.until(() => raw.#head.includes('\r\n\r\n')), raw.closed])
    return raw
  }

  /** Opens and joins the namespace. */
  static async join(port: number, options: RawOptions = {}): Promise<RawWebSocket> {
    const raw = await RawWebSocket.open(port, options)
    raw.text('40')
    await raw.until(() => raw.received.some((text) => text.startsWith('40{')))
    return raw
  }

  get head(): string {
    return this.#head
  }

  text(text: string): void {
    this.frame(TEXT, Buffer.from(text))
  }

  binary(bytes: Uint8Array): void {
    this.frame(BINARY, bytes)
  }

  frame(opcode: number, payload: Uint8Array, isFinal = true): void {
    this.socket.write(encodeFrame(opcode, payload, isFinal))
  }

  emit(event: string, payload: unknown, id?: number): void {
    this.text(`42${id ?? ''}${JSON.stringify([event, payload])}`)
  }

  /** Sends `event` and returns the server's answer. */
  async request(event: string, payload: unknown, id = 0): Promise<Record<string, unknown>> {
    this.emit(event, payload, id)
    const prefix = `43${id}[`
    await this.until(() => this.received.some((text) => text.startsWith(prefix)))
    const text = this.received.find((each) => each.startsWith(prefix)) ?? ''
    return JSON.parse(text.slice(prefix.length - 1))[0]
  }

  /** Resolves once `condition` holds; rejects when the connection ends before that. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.socket.destroyed) throw new Error(`the connection ended after ${this.received}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  #read(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk])
    if (!this.#head.includes('\r\n\r\n')) {
      const end = this.#buffer.indexOf('\r\n\r\n')
      if (end < 0) return
      this.#head = this.#buffer.toString('latin1', 0, end + 4)
      this.#buffer = this.#buffer.subarray(end + 4)
    }
    for (let frame = decodeFrame(this.#buffer); frame; frame = decodeFrame(this.#buffer)) {
      this.#buffer = this.#buffer.subarray(frame.end)
      if (frame.opcode === TEXT) this.received.push(frame.payload.toString())
    }
  }
}

export function encodeFrame(opcode: number, payload: Uint8Array, isFinal = true): Buffer {
  const head = Buffer.alloc(14)
  head[0] = (isFinal ? 0x80 : 0) | opcode
  let length = 2
  if (payload.length < 126) head[1] = 0x80 | payload.length
  else if (payload.length < 65_536) {
    head[1] = 0x80 | 126
    head.writeUInt16BE(payload.length, 2)
    length = 4
  } else {
    head[1] = 0x80 | 127
    head.writeBigUInt64BE(BigInt(payload.length), 2)
    length = 10
  }
  // The mask is four zero bytes, so the payload stays as it is.
  return Buffer.concat([head.subarray(0, length + 4), payload])
}

export interface RawFrame {
  opcode: number
  payload: Buffer
  /** Where the next frame begins. */
  end: number
}

/** The first frame in `buffer`, if it is all there; frames above 64 KiB are not expected. */
export function decodeFrame(buffer: Buffer): RawFrame | undefined {
  if (buffer.length < 4) return undefined
  const isMasked = buffer.readUInt8(1) > 0x7f
  const short = buffer.readUInt8(1) & 0x7f
  const maskStart = short < 126 ? 2 : 4
  const start = maskStart + (isMasked ? 4 : 0)
  const end = start + (short < 126 ? short : buffer.readUInt16BE(2))
  if (buffer.length < end) return undefined
  const payload = Buffer.from(buffer.subarray(start, end))
  for (let at = 0; isMasked && at < payload.length; at += 1) {
    payload.writeUInt8(payload.readUInt8(at) ^ buffer.readUInt8(maskStart + (at % 4)), at)
  }
  return { opcode: buffer.readUInt8(0) & 0xf, payload, end }
}
