import type { Agent } from 'node:http'
import { Manager, type Socket } from 'socket.io-client'
import * as v from 'valibot'
import { abortReason, ShareError, throwIfAborted } from '../errors.ts'
import { RENDEZVOUS_ANSWER_TIMEOUT_MS } from '../limits.ts'
import { BoundedWebSocket } from './bounded-web-socket.ts'
import { type EnginePacket, isFromServer, PacketBudget } from './packet-guard.ts'
import { SOCKET_PATH } from './protocol.ts'

const openPacketSchema = v.pipe(
  v.string(),
  v.maxLength(1024),
  v.parseJson(),
  v.object({
    sid: v.string(),
    upgrades: v.array(v.string()),
    pingInterval: v.pipe(v.number(), v.minValue(1), v.maxValue(600_000)),
    pingTimeout: v.pipe(v.number(), v.minValue(1), v.maxValue(600_000)),
  }),
)

export interface ServerConnectionListener {
  /** The server said `event`; its payload is unchecked. */
  onEvent(event: string, payload: unknown): void
  /** The connection ended of itself, once. `deliberate`: the server said so, or broke the protocol. */
  onEnd(error: ShareError, deliberate: boolean): void
}

/** One connection to a rendezvous server, from opening to its end; it does not come back. */
export class ServerConnection {
  readonly #url: string
  readonly #listener: ServerConnectionListener
  readonly #socket: Socket
  #opened = false
  #hadNoWay = false
  #error: ShareError | undefined
  #reject: (error: ShareError) => void = () => {}

  constructor(url: string, agent: Agent | undefined, listener: ServerConnectionListener) {
    this.#url = url
    this.#listener = listener
    const manager = new Manager(url, {
      path: SOCKET_PATH,
      transports: [BoundedWebSocket],
      upgrade: false,
      reconnection: false,
      autoConnect: false,
      // It passes the agent on to the WebSocket, whose types know nothing of it.
      ...(agent && ({ agent } as object)),
    })
    this.#socket = manager.socket('/')
  }

  /** Whether it could not be opened because this machine had no way to the server just then. */
  get hadNoWay(): boolean {
    return this.#hadNoWay
  }

  /**
   * @throws ShareError `no-rendezvous` where no rendezvous server answers within `timeoutMs`, or
   * why `signal` was aborted.
   */
  async open(timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    throwIfAborted(signal)
    const timer = setTimeout(() => this.#end(this.#unreachable()), timeoutMs)
    const stopListening = onAbort(signal, (reason) => this.#end(reason))
    try {
      await new Promise<void>((resolve, reject) => {
        this.#reject = reject
        this.#start(resolve)
      })
    } finally {
      clearTimeout(timer)
      stopListening()
    }
  }

  /**
   * Sends `event` and waits for its answer, which is unchecked.
   * @throws ShareError `no-rendezvous` where none comes, or why `signal` was aborted.
   */
  async request(event: string, payload: object, signal?: AbortSignal): Promise<unknown> {
    throwIfAborted(signal)
    this.throwIfEnded()
    const answer = this.#socket.timeout(RENDEZVOUS_ANSWER_TIMEOUT_MS).emitWithAck(event, payload)
    let stopListening = (): void => {}
    try {
      return await new Promise<unknown>((resolve, reject) => {
        stopListening = onAbort(signal, reject)
        answer.then(resolve, (cause) => reject(this.#error ?? this.#unreachable(cause)))
      })
    } finally {
      stopListening()
    }
  }

  throwIfEnded(): void {
    if (this.#error !== undefined) throw this.#error
  }

  send(event: string, payload: object): void {
    if (this.#error === undefined) this.#socket.emit(event, payload)
  }

  /** Ends the connection; its listener hears no more. */
  close(): void {
    this.#error ??= new ShareError('no-rendezvous', 'The rendezvous connection was closed')
    this.#socket.disconnect()
  }

  /** Ends the connection because the server broke the protocol. */
  breach(): void {
    this.#end(malformed(this.#url), true)
  }

  #start(onConnect: () => void): void {
    const socket = this.#socket
    socket.once('connect', () => {
      this.#opened = true
      onConnect()
    })
    socket.on('connect_error', (cause) => this.#end(this.#unreachable(cause)))
    socket.on('disconnect', (reason) =>
      this.#end(lost(this.#url), reason === 'io server disconnect'),
    )
    socket.onAny((event: string, payload: unknown) => {
      if (this.#error === undefined) this.#listener.onEvent(event, payload)
    })
    socket.connect()
    this.#guard()
  }

  /** Sees each packet before the library does, which throws on some malformed ones. */
  #guard(): void {
    const { engine } = this.#socket.io
    const packets = new PacketBudget()
    let isFirst = true
    engine.on('packet', (packet) => {
      const isValid = isFirst ? isOpenPacket(packet) : isFromServer(packet, this.#socket.connected)
      isFirst = false
      if (isValid && packets.take(performance.now())) return
      packet.type = 'noop'
      this.breach()
    })
  }

  #end(error: ShareError, deliberate = false): void {
    if (this.#error !== undefined) return
    this.#error = error
    this.#socket.disconnect()
    this.#reject(error)
    if (this.#opened) this.#listener.onEnd(error, deliberate)
  }

  #unreachable(cause?: unknown): ShareError {
    const code = systemCode(cause)
    this.#hadNoWay = code !== undefined && NO_WAY.has(code)
    const why = code === undefined ? '' : ` (${code})`
    return new ShareError('no-rendezvous', `No rendezvous answers at ${this.#url}${why}`, { cause })
  }
}

/** Calls `listener` once `signal` is aborted; returns what takes it away again. */
function onAbort(
  signal: AbortSignal | undefined,
  listener: (reason: ShareError) => void,
): () => void {
  if (signal === undefined) return () => {}
  const listen = (): void => listener(abortReason(signal))
  signal.addEventListener('abort', listen, { once: true })
  return () => signal.removeEventListener('abort', listen)
}

function isOpenPacket({ type, data }: EnginePacket): boolean {
  return type === 'open' && v.is(openPacketSchema, data)
}

function lost(url: string): ShareError {
  return new ShareError('no-rendezvous', `The connection to the rendezvous at ${url} was lost`)
}

function malformed(url: string): ShareError {
  return new ShareError('no-rendezvous', `The server at ${url} does not speak like a rendezvous`, {
    hint: 'Check the server with --rendezvous, and that it runs the same p2pshare.',
  })
}

/** What a network says that has only just come back, or has no resolver yet. */
const NO_WAY: ReadonlySet<string> = new Set([
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'EAI_AGAIN',
])

/** Such as ECONNREFUSED, from inside the event that Engine.IO wraps it in. */
function systemCode(cause: unknown): string | undefined {
  const schema = v.object({ description: v.object({ error: v.object({ code: v.string() }) }) })
  const found = v.safeParse(schema, cause)
  return found.success ? found.output.description.error.code : undefined
}
