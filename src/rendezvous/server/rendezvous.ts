import { RateLimiterMemory } from 'rate-limiter-flexible'
import type { Server, Socket } from 'socket.io'
import * as v from 'valibot'
import { SERVER_SWEEP_INTERVAL_MS } from '../../limits.ts'
import {
  messageSchema,
  nextSchema,
  type OpenReply,
  openSchema,
  RENDEZVOUS_VERSION,
  versionSchema,
} from '../protocol.ts'
import type { AbuseLog } from './abuse-log.ts'
import type { Budgets } from './budgets.ts'
import {
  type CutReason,
  cutOff,
  type EngineConnection,
  guardConnection,
} from './guard-connection.ts'
import type { IceServerProvider } from './ice-server-provider.ts'
import type { ServerLogger } from './logger.ts'
import { type Effect, Mailboxes } from './mailboxes.ts'

export interface RendezvousInit {
  budgets: Budgets
  minDigits: number
  logger: ServerLogger
  abuse: AbuseLog
  iceServers: IceServerProvider
  /** The key of the address that a connection's budgets are charged to. */
  addressOf: (connection: EngineConnection) => string
}

/** Connects the clients of a socket.io server with the mailboxes: words in, effects out. */
export class Rendezvous {
  readonly #io: Server
  readonly #init: RendezvousInit
  readonly #mailboxes: Mailboxes
  readonly #claims: RateLimiterMemory
  readonly #sweep: NodeJS.Timeout

  constructor(io: Server, init: RendezvousInit) {
    this.#io = io
    this.#init = init
    this.#mailboxes = new Mailboxes(init)
    this.#claims = new RateLimiterMemory({
      points: init.budgets.claimsPerMinutePerAddress,
      duration: 60,
    })
    io.engine.on('connection', (connection: EngineConnection) => this.#guard(connection))
    io.on('connection', (socket) => this.#serve(socket))
    this.#sweep = setInterval(
      () => this.#apply(this.#mailboxes.sweep(performance.now())),
      SERVER_SWEEP_INTERVAL_MS,
    )
  }

  close(): void {
    clearInterval(this.#sweep)
  }

  #guard(connection: EngineConnection): void {
    const { budgets, abuse, addressOf } = this.#init
    const address = addressOf(connection)
    guardConnection(connection, budgets, (reason: CutReason) => abuse.report(address, reason))
  }

  #serve(socket: Socket): void {
    let claiming = false
    socket.on('disconnect', () => this.#apply(this.#mailboxes.leave(socket.id, performance.now())))
    socket.on('open', (payload: unknown, answer: unknown) => {
      if (typeof answer !== 'function' || claiming) return cutOff(socket.conn)
      claiming = true
      this.#open(socket, payload)
        .then(({ reply, effects }) => {
          answer(reply)
          this.#apply(effects)
        })
        .catch((error: unknown) => {
          this.#init.logger.error({ err: error }, 'claim failed')
          cutOff(socket.conn)
        })
        .finally(() => {
          claiming = false
        })
    })
    socket.on('message', (payload: unknown) => {
      const message = v.safeParse(messageSchema, payload)
      if (!message.success) return cutOff(socket.conn)
      this.#apply(this.#mailboxes.message(socket.id, message.output, performance.now()))
    })
    socket.on('next', (payload: unknown) => {
      const next = v.safeParse(nextSchema, payload)
      if (!next.success) return cutOff(socket.conn)
      this.#apply(this.#mailboxes.next(socket.id, next.output.pair, performance.now()))
    })
    socket.on('close', (_payload: unknown, answer: unknown) => {
      if (typeof answer !== 'function') return cutOff(socket.conn)
      const effects = this.#mailboxes.leave(socket.id, performance.now())
      answer({})
      this.#apply(effects)
    })
  }

  async #open(socket: Socket, payload: unknown): Promise<{ reply: OpenReply; effects: Effect[] }> {
    const address = this.#init.addressOf(socket.conn)
    if (!(await this.#mayClaim(address)))
      return { reply: { ok: false, error: 'busy' }, effects: [] }
    const version = v.safeParse(versionSchema, payload)
    if (version.success && version.output.v !== RENDEZVOUS_VERSION) {
      return { reply: { ok: false, error: 'incompatible' }, effects: [] }
    }
    const request = v.safeParse(openSchema, payload)
    if (!version.success || !request.success || !socket.connected) {
      return { reply: { ok: false, error: 'bad-request' }, effects: [] }
    }
    return this.#mailboxes.open(socket.id, request.output, performance.now())
  }

  async #mayClaim(address: string): Promise<boolean> {
    try {
      await this.#claims.consume(address)
      return true
    } catch {
      this.#init.abuse.report(address, 'claims')
      return false
    }
  }

  #apply(effects: Effect[]): void {
    for (const effect of effects) {
      const socket = this.#io.sockets.sockets.get(effect.to)
      if (socket !== undefined) this.#tell(socket, effect)
    }
  }

  #tell(socket: Socket, effect: Effect): void {
    switch (effect.event) {
      case 'paired':
        socket.emit('paired', { pair: effect.pair, iceServers: this.#init.iceServers() })
        break
      case 'left':
        socket.emit('left', { pair: effect.pair })
        break
      case 'message':
        socket.emit('message', { pair: effect.pair, data: effect.data })
        break
      case 'crowded':
        socket.emit('crowded', effect.isTurnedAway ? { turnedAway: true } : {})
        break
      case 'drop':
        socket.disconnect(true)
    }
  }
}
