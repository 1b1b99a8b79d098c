import { deferred } from '../deferred.ts'
import { abortReason, ShareError } from '../errors.ts'
import { SPEED_PATIENCE_MS, SPEED_PAYLOAD_BYTES } from '../limits.ts'
import { SendingRate } from './sending-rate.ts'
import { DATA_TYPE, decodeSpeedMessage, encodeSpeedMessage, outOfTurn } from './speed-message.ts'

/** A lane, as far as measuring it goes. */
export interface SpeedLane {
  readonly maxPayloadBytes: number
  send(parts: readonly Uint8Array[]): void
  listen(watcher: { onPayload(payload: Uint8Array): void; onEnd(error?: ShareError): void }): void
}

export interface SpeedTestInit {
  lane: SpeedLane
  /** Whether this side sends first. */
  isFirst: boolean
  /** How long each side sends, in milliseconds, and how much at most. */
  durationMs: number
  maxBytes: number
  signal: AbortSignal
}

/** In bytes per second, as the side that sent found from what the other one confirmed. */
export interface Speeds {
  sending: number
  receiving: number
}

/**
 * Measures what a lane carries, first one way and then the other; the other end does the same with
 * the other `isFirst`. Nothing of what is sent is kept.
 * Throws `interrupted` where the lane ends or nothing more comes, `protocol`, and why `signal` was
 * aborted.
 */
export function testSpeed(init: SpeedTestInit): Promise<Speeds> {
  return new SpeedTest(init).run()
}

class SpeedTest {
  readonly #init: SpeedTestInit
  readonly #data: Uint8Array
  readonly #outcome = deferred<Speeds>()
  #isHeard = false
  #rate: SendingRate | undefined
  #timer: NodeJS.Timeout | undefined
  #isStopped = false
  #sentBytes = 0
  #receivedBytes = 0
  #sending: number | undefined
  #receiving: number | undefined

  constructor(init: SpeedTestInit) {
    this.#init = init
    this.#data = new Uint8Array(Math.min(SPEED_PAYLOAD_BYTES, init.lane.maxPayloadBytes))
    this.#data[0] = DATA_TYPE
  }

  async run(): Promise<Speeds> {
    const { lane, signal, durationMs } = this.#init
    const onAbort = () => this.#outcome.reject(abortReason(signal))
    const patience = setTimeout(
      () => this.#outcome.reject(silent()),
      2 * (durationMs + SPEED_PATIENCE_MS),
    )
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) onAbort()
    lane.listen({
      onPayload: (payload) => this.#take(payload),
      onEnd: (error) => this.#outcome.reject(error ?? silent()),
    })
    lane.send([encodeSpeedMessage({ type: 'hello' })])
    try {
      return await this.#outcome.promise
    } finally {
      clearTimeout(patience)
      clearTimeout(this.#timer)
      signal.removeEventListener('abort', onAbort)
    }
  }

  #take(payload: Uint8Array): void {
    const message = decodeSpeedMessage(payload)
    if (message.type === 'hello') this.#hear()
    else if (message.type === 'data') this.#receive(payload.length)
    else if (message.type === 'received') this.#confirm(message.bytes)
    else this.#end(message.bytesPerSecond)
  }

  #hear(): void {
    if (this.#isHeard) throw outOfTurn()
    this.#isHeard = true
    if (this.#init.isFirst) this.#begin()
  }

  #begin(): void {
    this.#rate = new SendingRate(performance.now())
    this.#timer = setTimeout(() => this.#stop(), this.#init.durationMs)
    this.#pump()
  }

  #pump(): void {
    const { lane, maxBytes } = this.#init
    const rate = this.#rate
    if (rate === undefined || this.#isStopped) return
    const windowBytes = rate.windowBytes(performance.now())
    while (this.#sentBytes < maxBytes && this.#sentBytes - rate.deliveredBytes < windowBytes) {
      lane.send([this.#data])
      this.#sentBytes += this.#data.length
    }
    if (this.#sentBytes >= maxBytes) this.#stop()
  }

  /** Nothing more is sent; what is under way may arrive, up to a time. */
  #stop(): void {
    if (this.#isStopped) return
    this.#isStopped = true
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#finish(), SPEED_PATIENCE_MS)
  }

  #confirm(bytes: number): void {
    const rate = this.#rate
    if (rate === undefined || bytes < rate.deliveredBytes || bytes > this.#sentBytes) {
      throw outOfTurn()
    }
    rate.delivered(bytes, performance.now())
    if (this.#isStopped && bytes === this.#sentBytes) this.#finish()
    else this.#pump()
  }

  #finish(): void {
    if (this.#sending !== undefined) return
    clearTimeout(this.#timer)
    this.#sending = this.#rate?.bytesPerSecond ?? 0
    this.#init.lane.send([encodeSpeedMessage({ type: 'end', bytesPerSecond: this.#sending })])
    this.#settle()
  }

  #receive(bytes: number): void {
    this.#receivedBytes += bytes
    const isTooMuch = this.#receivedBytes > this.#init.maxBytes + SPEED_PAYLOAD_BYTES
    if (this.#receiving !== undefined || isTooMuch) throw outOfTurn()
    this.#init.lane.send([encodeSpeedMessage({ type: 'received', bytes: this.#receivedBytes })])
  }

  #end(bytesPerSecond: number): void {
    if (this.#receiving !== undefined) throw outOfTurn()
    this.#receiving = bytesPerSecond
    if (!this.#init.isFirst) this.#begin()
    this.#settle()
  }

  #settle(): void {
    const [sending, receiving] = [this.#sending, this.#receiving]
    if (sending !== undefined && receiving !== undefined)
      this.#outcome.resolve({ sending, receiving })
  }
}

function silent(): ShareError {
  return new ShareError('interrupted', 'The other side stopped in the middle of measuring', {
    hint: 'Run the doctor again on both sides.',
  })
}
