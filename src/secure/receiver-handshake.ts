import { equalBytes } from '@noble/curves/utils.js'
import { concatBytes } from '@noble/hashes/utils.js'
import type { Handshake, HandshakeInit } from './handshake.ts'
import {
  encodeConfirmation,
  encodeInitiatorShare,
  isWrongCode,
  NONCE_BYTES,
  parseConfirmation,
  parseNonce,
  parseResponderShare,
} from './handshake-message.ts'
import { agreeOnKey, createSessionShare } from './key-agreement.ts'
import {
  createEncapsulationKeyPair,
  decapsulate,
  type EncapsulationKeyPair,
} from './key-encapsulation.ts'
import { wrongCodeError } from './session-error.ts'
import { deriveSessionKeys } from './session-keys.ts'

/**
 * CPace's initiator (A). It confirms first, and seals from then on to save a round trip, but opens
 * nothing before the sender's confirmation is verified.
 */
export function* receiverHandshake(init: HandshakeInit): Handshake {
  const { capabilities, randomBytes } = init
  const greeting = yield { outgoing: [] }
  // A code that somebody else has used up is told at once.
  if (isWrongCode(greeting)) throw wrongCodeError('receiver')
  const senderNonce = parseNonce(greeting)

  const nonce = randomBytes(NONCE_BYTES)
  const sessionId = concatBytes(senderNonce, nonce)
  const own = createSessionShare(init, sessionId)
  let keyPair: EncapsulationKeyPair | undefined
  const peer = parseResponderShare(
    yield {
      outgoing: [encodeInitiatorShare({ nonce, share: own.share, capabilities })],
      ahead: () => {
        keyPair ??= createEncapsulationKeyPair(randomBytes)
      },
    },
  )
  const { intermediateKey, confirmations, sealer, opener } = agreeOnKey(
    'receiver',
    capabilities,
    sessionId,
    own,
    peer,
  )
  const { encapsulationKey, decapsulationKey } = keyPair ?? createEncapsulationKeyPair(randomBytes)

  const answer = yield {
    outgoing: [
      encodeConfirmation('receiver', confirmations.receiver),
      sealer.seal('key-encapsulation', encapsulationKey),
    ],
    sealer,
  }
  if (isWrongCode(answer)) throw wrongCodeError('receiver')
  const confirmation = parseConfirmation('sender', answer)
  if (!equalBytes(confirmation, confirmations.sender)) throw wrongCodeError('receiver')

  const kemCiphertext = opener.open('key-encapsulation', yield { outgoing: [] })
  const kemSecret = decapsulate(kemCiphertext, decapsulationKey)
  decapsulationKey.fill(0)
  return {
    outgoing: [],
    sealer,
    opener,
    keys: deriveSessionKeys({
      intermediateKey,
      sessionId,
      kemSecret,
      encapsulationKey,
      kemCiphertext,
    }),
    peerCapabilities: peer.capabilities,
  }
}
