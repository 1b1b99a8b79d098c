import { ShareError } from '../errors.ts'
import { MAX_FRAMES_PER_KEY } from '../limits.ts'
import { AEAD_NONCE_BYTES, AEAD_TAG_BYTES, type Aead } from './aead.ts'

/** How much longer a sealed frame is than its header and contents. */
export const FRAME_OVERHEAD_BYTES = AEAD_TAG_BYTES

/** Seals the frames of one direction of one lane, in order. */
export class FrameSealer {
  readonly #aead: Aead
  readonly #nonces: NonceCounter

  constructor(aead: Aead, maxFrames = MAX_FRAMES_PER_KEY) {
    this.#aead = aead
    this.#nonces = new NonceCounter(maxFrames)
  }

  /**
   * The message for the lane: the header, readable but authenticated, and the parts sealed as one,
   * in `into` if that is given.
   * Throws an `interrupted` ShareError when the lane has sealed as much as its key may.
   */
  seal(header: Uint8Array, parts: readonly Uint8Array[], into?: Uint8Array): Uint8Array {
    return this.#aead.seal(this.#nonces.next(), header, parts, into)
  }
}

/** Opens the frames of one direction of one lane, which arrive in the order they were sealed in. */
export class FrameOpener {
  readonly #aead: Aead
  readonly #nonces: NonceCounter
  #failure: ShareError | undefined

  constructor(aead: Aead, maxFrames = MAX_FRAMES_PER_KEY) {
    this.#aead = aead
    this.#nonces = new NonceCounter(maxFrames)
  }

  /**
   * What was sealed after a header of `headerBytes`. Throws an `integrity` ShareError for anything
   * but the next frame unaltered, and from then on for every frame.
   */
  open(message: Uint8Array, headerBytes: number): Uint8Array {
    if (this.#failure !== undefined) throw this.#failure
    try {
      if (message.length < headerBytes + FRAME_OVERHEAD_BYTES) {
        throw new RangeError('A frame that is shorter than its header and tag')
      }
      return this.#aead.open(this.#nonces.next(), message, headerBytes)
    } catch (cause) {
      this.#failure = new ShareError('integrity', 'Data was altered on its way', { cause })
      throw this.#failure
    }
  }
}

/** 96-bit big-endian nonces 0, 1, 2, ... */
class NonceCounter {
  readonly #limit: number
  readonly #nonce = new Uint8Array(AEAD_NONCE_BYTES)
  readonly #view = new DataView(this.#nonce.buffer)
  #count = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** The next nonce, valid until the next call. */
  next(): Uint8Array {
    if (this.#count >= this.#limit) {
      throw new ShareError('interrupted', 'A connection has carried all that its key may protect')
    }
    this.#view.setBigUint64(4, BigInt(this.#count))
    this.#count += 1
    return this.#nonce
  }
}
