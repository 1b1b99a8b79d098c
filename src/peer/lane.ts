import { deferred } from '../deferred.ts'
import { abortReason, ShareError, throwIfAborted, toShareError } from '../errors.ts'
import type { PathInfo } from '../events.ts'
import { CONNECT_TIMEOUT_MS, FIN_TIMEOUT_MS, MAX_ENGINE_BUFFER_BYTES } from '../limits.ts'
import type { Channel } from './channel.ts'
import {
  decodeLaneSignal,
  decodeReady,
  encodeLaneSignal,
  encodeReady,
  LaneMessage,
  type LaneSignal,
} from './lane-message.ts'
import { SilenceWatch } from './silence-watch.ts'

/** What ties a lane to its session: proof of who is at the other end, and the second layer. */
export interface LaneSecurity {
  readonly lane: number
  /** Our binding: a MAC over both certificates that only the other side of the session can check. */
  readonly binding: Uint8Array
  /** Throws `integrity` unless `binding` is the other side's for this very connection. */
  verifyBinding(binding: Uint8Array): void
  /**
   * `header` followed by `parts` sealed; `header` is authenticated with them. What is returned may
   * be overwritten by the next call.
   */
  seal(header: Uint8Array, parts: readonly Uint8Array[]): Uint8Array
  /** What was sealed behind the first `headerBytes` of `message`. Throws `integrity`. */
  open(message: Uint8Array, headerBytes: number): Uint8Array
  /** How much longer sealing makes a message, header not counted. */
  readonly sealingBytes: number
}

export interface LaneWatcher {
  /** Takes each payload in the order in which it was sent. */
  onPayload(payload: Uint8Array): void
  /** Called once: without an error when the other side said FIN and we may close, else why. */
  onEnd(error?: ShareError): void
}

const HEADER_BYTES = 1
/** What an eager peer may have sent before anybody listens: an offer, and no more. */
const MAX_EARLY_PAYLOADS = 4

/**
 * A channel that is bound to the session, sealed, kept alive and ended on purpose. How much is
 * sent at once is for the sender to bound, by what the other end reports to have received.
 */
export class Lane {
  /** 0 for the first one of a session. */
  readonly number: number
  readonly maxPayloadBytes: number
  readonly #channel: Channel
  readonly #security: LaneSecurity
  readonly #onClosed: ((why: string) => void) | undefined
  readonly #silence: SilenceWatch
  readonly #ready = deferred()
  readonly #closed = deferred()
  readonly #early: Uint8Array[] = []
  #watcher: LaneWatcher | undefined
  #onSignal: ((signal: LaneSignal) => void) | undefined
  #outcome: { error?: ShareError } | undefined
  #peerReady = false
  #finSent = false
  #finReceived = false
  #finAcknowledged = false
  #ended = false
  #bufferedBytes = 0

  /**
   * Says READY, waits for the other side's and checks its binding.
   * Throws `protocol` or `integrity` for an impostor, `no-path` when nothing comes. `onClosed` is
   * told when a lane that was opened is closed, and why.
   */
  static async open(
    channel: Channel,
    security: LaneSecurity,
    signal?: AbortSignal,
    onClosed?: (why: string) => void,
  ): Promise<Lane> {
    throwIfAborted(signal)
    const lane = new Lane(channel, security, onClosed)
    const onAbort = () => signal && lane.#end(abortReason(signal))
    signal?.addEventListener('abort', onAbort)
    const timer = setTimeout(
      () => lane.#end(new ShareError('no-path', 'The other side connected and then said nothing')),
      CONNECT_TIMEOUT_MS,
    )
    try {
      await lane.#ready.promise
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    }
    return lane
  }

  private constructor(
    channel: Channel,
    security: LaneSecurity,
    onClosed: ((why: string) => void) | undefined,
  ) {
    this.#onClosed = onClosed
    this.#channel = channel
    this.#security = security
    this.number = security.lane
    this.maxPayloadBytes = channel.maxMessageBytes - HEADER_BYTES - security.sealingBytes
    this.#silence = new SilenceWatch({
      channel,
      onIdle: () => this.#keepAlive(),
      onSilent: () => this.#end(connectionLost()),
    })
    channel.onMessage((message) => this.#receive(message))
    channel.onClose(() => this.#end(connectionLost()))
    if (!this.#ended) channel.send(encodeReady(security.lane, security.binding))
  }

  /** Names the one watcher, and tells it what has happened so far. */
  listen(watcher: LaneWatcher): void {
    this.#watcher = watcher
    for (const payload of this.#early.splice(0)) watcher.onPayload(payload)
    if (this.#outcome) watcher.onEnd(this.#outcome.error)
  }

  /** Names the one who takes the signalling of further lanes; without one, none may come. */
  onSignal(handler: (signal: LaneSignal) => void): void {
    this.#onSignal = handler
  }

  /**
   * Names the one who is told when nothing has come for QUIET_SENDER_MS, neither messages nor
   * packets, and when something comes again. Such a lane may end later, or go on.
   */
  onQuiet(handler: (isQuiet: boolean) => void): void {
    this.#silence.onQuiet(handler)
  }

  /** What carries it. */
  get transport(): PathInfo['transport'] {
    return this.#channel.path.transport
  }

  get path(): PathInfo['path'] {
    return this.#channel.path.path
  }

  /** Queues one payload, given in parts to save a copy. Nothing happens once the lane has ended. */
  send(parts: readonly Uint8Array[]): void {
    if (this.#finSent) throw new TypeError('nothing can be sent after FIN')
    this.#transmit(LaneMessage.data, parts)
  }

  /** Sends signalling for a further lane. */
  signal(signal: LaneSignal): void {
    if (!this.#finSent) this.#transmit(LaneMessage.signal, encodeLaneSignal(signal))
  }

  /**
   * Ends the lane in order. The side that speaks first says FIN and waits for the acknowledgement,
   * which means that all it sent has arrived; the other waits for the channel to close, since
   * closing it itself would lose the acknowledgement. Gives up after `timeoutMs`; never throws.
   * Tells whether the other side has said that it came to the end too.
   */
  async finish(timeoutMs = FIN_TIMEOUT_MS): Promise<boolean> {
    const timer = setTimeout(() => this.#close('the other side did not confirm its end'), timeoutMs)
    if (!this.#finSent && !this.#finReceived) {
      this.#transmit(LaneMessage.fin, [])
      this.#finSent = true
    }
    await this.#closed.promise
    clearTimeout(timer)
    return this.#finReceived || this.#finAcknowledged
  }

  /** Closes at once. The watcher is not called. */
  abandon(why = 'it is not used any more'): void {
    this.#close(why)
  }

  #keepAlive(): void {
    if (this.#peerReady) this.#transmit(LaneMessage.keepalive, [])
  }

  #transmit(type: number, parts: readonly Uint8Array[]): void {
    if (this.#ended) return
    const message = this.#security.seal(Uint8Array.of(type), parts)
    if (message.length > this.#channel.maxMessageBytes) {
      throw new TypeError(`a message of ${message.length} bytes would close the channel`)
    }
    this.#bufferedBytes += message.length
    if (this.#bufferedBytes > MAX_ENGINE_BUFFER_BYTES) this.#refuseToOverflow()
    this.#channel.send(message)
    this.#silence.said()
  }

  /** The engine drops a message silently once 16 MiB are queued. */
  #refuseToOverflow(): void {
    this.#bufferedBytes = this.#channel.bufferedBytes()
    if (this.#bufferedBytes > MAX_ENGINE_BUFFER_BYTES) {
      throw new ShareError('protocol', 'The other side reported more than had reached it')
    }
  }

  #receive(message: Uint8Array): void {
    if (this.#ended) return
    this.#silence.heard()
    try {
      if (!this.#peerReady) this.#acceptReady(message)
      else this.#accept(message)
    } catch (thrown) {
      this.#end(toShareError(thrown))
    }
  }

  #acceptReady(message: Uint8Array): void {
    this.#security.verifyBinding(decodeReady(this.#security.lane, message))
    this.#peerReady = true
    this.#ready.resolve()
  }

  #accept(message: Uint8Array): void {
    const type = message[0]
    const payload = this.#security.open(message, HEADER_BYTES)
    if (type === LaneMessage.keepalive) return
    if (type === LaneMessage.data && !this.#finReceived) this.#deliver(payload)
    else if (type === LaneMessage.fin && !this.#finReceived) this.#acceptFin()
    else if (type === LaneMessage.finAck && this.#finSent) this.#acceptFinAck()
    else if (type === LaneMessage.signal && this.#onSignal)
      this.#onSignal(decodeLaneSignal(payload))
    else throw new ShareError('protocol', 'The other side sent a message out of turn')
  }

  #acceptFin(): void {
    this.#finReceived = true
    this.#transmit(LaneMessage.finAck, [])
    this.#tellEnd({})
  }

  #acceptFinAck(): void {
    this.#finAcknowledged = true
    this.#close('both sides came to its end')
  }

  #deliver(payload: Uint8Array): void {
    if (this.#watcher) this.#watcher.onPayload(payload)
    else if (this.#early.length < MAX_EARLY_PAYLOADS) this.#early.push(payload)
    else throw new ShareError('protocol', 'The other side sent a message out of turn')
  }

  #tellEnd(outcome: { error?: ShareError }): void {
    if (this.#outcome) return
    this.#outcome = outcome
    this.#watcher?.onEnd(outcome.error)
  }

  #end(error: ShareError): void {
    if (this.#ended) return
    this.#close(error.message)
    this.#ready.reject(error)
    this.#tellEnd({ error })
  }

  #close(why: string): void {
    if (this.#ended) return
    this.#ended = true
    this.#silence.close()
    this.#channel.close()
    if (this.#peerReady) this.#onClosed?.(why)
    this.#closed.resolve()
  }
}

function connectionLost(): ShareError {
  return new ShareError('interrupted', 'The connection to the other side was lost')
}
