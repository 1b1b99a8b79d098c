import type { Agent } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import * as v from 'valibot'
import { ShareError, throwIfAborted, toShareError } from '../errors.ts'
import {
  MAX_RENDEZVOUS_PAYLOAD_BYTES,
  MAX_RENDEZVOUS_RETRY_DELAY_MS,
  RENDEZVOUS_CLOSE_TIMEOUT_MS,
  RENDEZVOUS_CONNECT_TIMEOUT_MS,
  RENDEZVOUS_NO_WAY_MS,
  RENDEZVOUS_RETRY_DELAY_MS,
  RENDEZVOUS_RETRY_LIMIT_MS,
} from '../limits.ts'
import {
  openReplySchema,
  type Paired,
  RENDEZVOUS_VERSION,
  type RendezvousMessage,
  type Role,
} from './protocol.ts'
import { type ProxySettings, proxyAgent } from './proxy.ts'
import { refusalError } from './refusal-error.ts'
import { ServerConnection } from './server-connection.ts'
import { parseServerEvent } from './server-event.ts'

export interface RendezvousWatcher {
  /** The other side is there. May come before `open` has returned. */
  onPaired(paired: Paired): void
  onMessage(bytes: Uint8Array): void
  /** The other side of the pairing is gone; another may come. */
  onPeerLeft(): void
  /** Somebody else tried the nameplate and was turned away. */
  onCrowded(): void
  /** The server is lost for good, after `open` has returned; nothing comes after this. */
  onLost(error: ShareError): void
}

export interface ConnectOptions {
  signal?: AbortSignal
  /** How long one attempt may take, the first and each after a loss. */
  timeoutMs?: number
  /** On the way to servers that are not in this network. */
  proxy?: ProxySettings | undefined
}

export interface Claim {
  role: Role
  nameplate?: string
  /** Lets a connection that replaces a lost one take the lost one's place. */
  token?: string
  /** Of a sender that takes one receiver after the other: further ones wait for their turn. */
  many?: boolean
}

/** One side of a mailbox at a rendezvous server. */
export class RendezvousClient {
  readonly #url: string
  readonly #watcher: RendezvousWatcher
  readonly #connectTimeoutMs: number
  readonly #agent: Agent | undefined
  readonly #ending = new AbortController()
  #connection: ServerConnection
  #claim: Claim | undefined
  #signal: AbortSignal = this.#ending.signal
  #pair: number | undefined
  #isJoining = false
  #closed: Promise<void> | undefined

  /**
   * Connects to the rendezvous at `url` (from `parseRendezvousAddress`), in one attempt; in a few
   * where this machine has no way to it, which may be back in a moment.
   * @throws ShareError `no-rendezvous` where none answers, or why `signal` was aborted.
   */
  static async connect(
    url: string,
    watcher: RendezvousWatcher,
    { signal, timeoutMs = RENDEZVOUS_CONNECT_TIMEOUT_MS, proxy }: ConnectOptions = {},
  ): Promise<RendezvousClient> {
    const agent = await proxyAgent(url, proxy)
    const client = new RendezvousClient(url, watcher, timeoutMs, agent)
    await client.#connect(signal)
    return client
  }

  private constructor(
    url: string,
    watcher: RendezvousWatcher,
    connectTimeoutMs: number,
    agent: Agent | undefined,
  ) {
    this.#url = url
    this.#watcher = watcher
    this.#connectTimeoutMs = connectTimeoutMs
    this.#agent = agent
    this.#connection = this.#newConnection()
  }

  /** Of the last claim that succeeded. */
  get token(): string | undefined {
    return this.#claim?.token
  }

  /**
   * Claims a side of a mailbox and waits in it until `close`, or until `signal` is aborted.
   * Who names no nameplate is given one. With the `token` of an earlier claim its side is
   * had back before the server has noticed that the earlier client is gone.
   * The returned promise is that of the claim.
   * @throws ShareError `usage`, `nobody-came` or `incompatible` where the server refuses,
   * `no-rendezvous` where it is lost or stays too busy, or why `signal` was aborted.
   */
  async open(claim: Claim, signal?: AbortSignal): Promise<string> {
    if (this.#claim !== undefined) throw new TypeError('a client has one mailbox')
    const ending = this.#ending.signal
    this.#signal = signal === undefined ? ending : AbortSignal.any([ending, signal])
    this.#claim = claim
    this.#isJoining = true
    try {
      return await this.#join(claim)
    } catch (error) {
      this.#claim = undefined
      throw error
    } finally {
      this.#isJoining = false
    }
  }

  /**
   * Hands bytes, at most MAX_RENDEZVOUS_PAYLOAD_BYTES, to the other side of the pairing, if there
   * is one.
   */
  send(bytes: Uint8Array): void {
    if (bytes.length > MAX_RENDEZVOUS_PAYLOAD_BYTES) {
      throw new TypeError(`${bytes.length} bytes are too many for the rendezvous`)
    }
    if (this.#pair === undefined) return
    const data = Buffer.from(bytes).toString('base64')
    this.#connection.send('message', { pair: this.#pair, data })
  }

  /** Lets the other side of the pairing go, of a sender; the next receiver has its turn. */
  next(): void {
    if (this.#pair === undefined) return
    this.#connection.send('next', { pair: this.#pair })
    this.#pair = undefined
  }

  /** Gives the mailbox up and ends the connection. Never throws. */
  close(): Promise<void> {
    this.#closed ??= this.#leave()
    return this.#closed
  }

  async #leave(): Promise<void> {
    const isSeated = this.#claim !== undefined && !this.#isJoining
    this.#ending.abort()
    if (isSeated) {
      const limit = AbortSignal.timeout(RENDEZVOUS_CLOSE_TIMEOUT_MS)
      // Leaving is a courtesy: the server notices the end of the connection by itself.
      await this.#connection.request('close', {}, limit).catch(() => undefined)
    }
    this.#connection.close()
  }

  async #connect(signal: AbortSignal | undefined): Promise<void> {
    const untilMs = performance.now() + RENDEZVOUS_NO_WAY_MS
    for (let delayMs = RENDEZVOUS_RETRY_DELAY_MS; ; delayMs *= 2) {
      try {
        return await this.#connection.open(this.#connectTimeoutMs, signal)
      } catch (error) {
        if (!this.#connection.hadNoWay || performance.now() + delayMs > untilMs) throw error
      }
      await this.#pause(delayMs, signal)
      this.#connection = this.#newConnection()
    }
  }

  #newConnection(): ServerConnection {
    const connection = new ServerConnection(this.#url, this.#agent, {
      onEvent: (event, payload) => {
        if (connection === this.#connection) this.#hear(event, payload)
      },
      onEnd: (error, deliberate) => {
        if (connection === this.#connection) this.#onEnd(error, deliberate)
      },
    })
    return connection
  }

  /** Claims the mailbox, again and again while the server is busy. */
  async #join(claim: Claim): Promise<string> {
    const untilMs = performance.now() + RENDEZVOUS_RETRY_LIMIT_MS
    for (let delayMs = RENDEZVOUS_RETRY_DELAY_MS; ; delayMs *= 2) {
      const request = { v: RENDEZVOUS_VERSION, ...claim }
      const answer = await this.#connection.request('open', request, this.#signal)
      const reply = v.safeParse(openReplySchema, answer)
      if (!reply.success) throw this.#breach()
      if (reply.output.ok) {
        const { nameplate, token } = reply.output
        if (claim.nameplate !== undefined && claim.nameplate !== nameplate) throw this.#breach()
        // Its end may have come together with the answer, and was not listened to so far.
        this.#connection.throwIfEnded()
        this.#isJoining = false
        this.#claim = { ...claim, nameplate, token }
        return nameplate
      }
      const { error } = reply.output
      if (error !== 'busy' || performance.now() > untilMs)
        throw refusalError(error, claim.nameplate)
      await this.#pause(delayMs, this.#signal)
    }
  }

  #hear(event: string, payload: unknown): void {
    if (this.#ending.signal.aborted) return
    const heard = parseServerEvent(event, payload)
    if (heard === undefined) this.#connection.breach()
    else if (heard.event === 'paired') this.#onPaired(heard)
    else if (heard.event === 'crowded') this.#onCrowded(heard.turnedAway)
    else if (heard.pair !== this.#pair) return
    else if (heard.event === 'message') this.#watcher.onMessage(bytesOf(heard))
    else this.#onLeft()
  }

  #onPaired({ pair, iceServers }: Paired): void {
    this.#pair = pair
    this.#watcher.onPaired({ pair, iceServers })
  }

  #onLeft(): void {
    this.#pair = undefined
    this.#watcher.onPeerLeft()
  }

  /** To a receiver that waited for its turn it says that none comes. */
  #onCrowded(isTurnedAway = false): void {
    if (isTurnedAway) this.#watcher.onLost(refusalError('crowded', this.#claim?.nameplate))
    else this.#watcher.onCrowded()
  }

  /** Whoever waits alone comes back; in a pairing, both sides have to begin anew. */
  #onEnd(error: ShareError, deliberate: boolean): void {
    const claim = this.#claim
    // While a claim is made, or before, `open` tells.
    if (claim === undefined || this.#isJoining || this.#ending.signal.aborted) return
    if (this.#pair !== undefined || deliberate) {
      this.#watcher.onLost(error)
      return
    }
    this.#isJoining = true
    this.#rejoin(claim)
      .catch((reason: unknown) => {
        if (!this.#signal.aborted) this.#watcher.onLost(toShareError(reason))
      })
      .finally(() => {
        this.#isJoining = false
      })
  }

  async #rejoin(claim: Claim): Promise<void> {
    const untilMs = performance.now() + RENDEZVOUS_RETRY_LIMIT_MS
    for (let delayMs = RENDEZVOUS_RETRY_DELAY_MS; ; delayMs *= 2) {
      await this.#pause(delayMs, this.#signal)
      try {
        this.#connection = this.#newConnection()
        await this.#connection.open(this.#connectTimeoutMs, this.#signal)
        await this.#join(claim)
        return
      } catch (error) {
        this.#connection.close()
        const isLost = error instanceof ShareError && error.code === 'no-rendezvous'
        const isPaired = this.#pair !== undefined
        if (!isLost || isPaired || performance.now() > untilMs) throw error
      }
    }
  }

  /** Up to `delayMs`, at random, so that clients do not come back all at once. */
  async #pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
    const longestMs = Math.min(delayMs, MAX_RENDEZVOUS_RETRY_DELAY_MS)
    await pause(longestMs * (0.5 + Math.random() / 2), undefined, signal && { signal }).catch(() =>
      throwIfAborted(signal),
    )
  }

  #breach(): ShareError {
    this.#connection.breach()
    return new ShareError('no-rendezvous', `The server at ${this.#url} gave a malformed answer`)
  }
}

function bytesOf({ data }: RendezvousMessage): Uint8Array {
  return new Uint8Array(Buffer.from(data, 'base64'))
}
