import type { MessageOpener, MessageSealer } from './sealed-channel.ts'
import type { SessionKeys } from './session-keys.ts'

export interface HandshakeInit {
  nameplate: string
  /** The password-related string (PRS) of CPace. */
  secret: Uint8Array
  capabilities: Uint8Array
  /** Of a sender: what it says to a receiver that says this, in the place of `capabilities`. */
  answer?: ((peerCapabilities: Uint8Array) => Uint8Array) | undefined
  randomBytes: (length: number) => Uint8Array
}

/** Messages to put on the wire, and the sealer once messages after these may be sealed. */
export interface HandshakeStep {
  outgoing: Uint8Array[]
  sealer?: MessageSealer
  /** Work for the next step that need not wait for the message; the step does it where nobody has. */
  ahead?: () => void
}

export interface HandshakeResult {
  outgoing: Uint8Array[]
  sealer: MessageSealer
  opener: MessageOpener
  keys: SessionKeys
  peerCapabilities: Uint8Array
}

/** One side of the handshake: yields what to send, is resumed with the next message, may throw. */
export type Handshake = Generator<HandshakeStep, HandshakeResult, Uint8Array>
