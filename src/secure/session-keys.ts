import { bytesToHex } from '@noble/hashes/utils.js'
import { type CombinedSecretInput, deriveCombinedSecret, expandKey } from './key-schedule.ts'
import type { Direction } from './role.ts'

const KEY_BYTES = 32
const RESUME_NAMEPLATE_BYTES = 16
const VERIFIER_BYTES = 6

/** The keys of one established session. Its owner calls `destroy` when the transfer is over. */
export class SessionKeys {
  /** For the first frame on each lane, 64 bytes. */
  readonly bindKey: Uint8Array
  /** The secret of a later session between the same two sides, 32 bytes. */
  readonly resumeKey: Uint8Array
  /** Where the two sides meet again, 32 hexadecimal digits. It tells nothing about `resumeKey`. */
  readonly resumeNameplate: string
  /** What two people may compare, 48 bits; it tells nothing about the keys. */
  readonly verifier: Uint8Array
  readonly #combinedSecret: Uint8Array
  readonly #handedOut = new Set<string>()
  #destroyed = false

  /** Takes over `combinedSecret` (64 bytes), and wipes it in the end. */
  constructor(combinedSecret: Uint8Array) {
    this.#combinedSecret = combinedSecret
    this.bindKey = expandKey(combinedSecret, 64, 'bind key')
    this.resumeKey = expandKey(combinedSecret, KEY_BYTES, 'resume key')
    this.verifier = expandKey(combinedSecret, VERIFIER_BYTES, 'verifier')
    this.resumeNameplate = bytesToHex(
      expandKey(combinedSecret, RESUME_NAMEPLATE_BYTES, 'resume nameplate'),
    )
  }

  /**
   * The AES key (32 bytes) of one direction of one lane; `lane` is a number below 2^32.
   * Each is handed out once: with counter nonces, a second use of it would break the cipher.
   * A lane that replaces another therefore needs a number of its own.
   */
  frameKey(lane: number, direction: Direction): Uint8Array {
    if (this.#destroyed) throw new TypeError('The session keys are destroyed')
    const id = `${lane} ${direction}`
    if (this.#handedOut.has(id)) throw new TypeError(`The frame key of lane ${id} is in use`)
    const laneBytes = encodeLane(lane)
    this.#handedOut.add(id)
    return expandKey(this.#combinedSecret, KEY_BYTES, 'frame key', laneBytes, direction)
  }

  /** Overwrites the keys with zeros, those that `bindKey` and `resumeKey` gave out included. */
  destroy(): void {
    this.#destroyed = true
    this.#combinedSecret.fill(0)
    this.bindKey.fill(0)
    this.resumeKey.fill(0)
  }
}

/** The keys that follow from CPace and ML-KEM together. Wipes both secrets of `input`. */
export function deriveSessionKeys(input: CombinedSecretInput): SessionKeys {
  const keys = new SessionKeys(deriveCombinedSecret(input))
  input.intermediateKey.fill(0)
  input.kemSecret.fill(0)
  return keys
}

/** A lane's number as it enters keys and bindings: 32 bits, big endian. */
export function encodeLane(lane: number): Uint8Array {
  if (!Number.isInteger(lane) || lane < 0 || lane > 0xffff_ffff) {
    throw new TypeError('A lane number is an integer of 32 bits')
  }
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, lane)
  return bytes
}
