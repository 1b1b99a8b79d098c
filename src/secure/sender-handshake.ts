import { equalBytes } from '@noble/curves/utils.js'
import { concatBytes } from '@noble/hashes/utils.js'
import type { Handshake, HandshakeInit } from './handshake.ts'
import {
  encodeConfirmation,
  encodeNonce,
  encodeResponderShare,
  NONCE_BYTES,
  parseConfirmation,
  parseInitiatorShare,
} from './handshake-message.ts'
import { agreeOnKey, createSessionShare } from './key-agreement.ts'
import { encapsulate } from './key-encapsulation.ts'
import { wrongCodeError } from './session-error.ts'
import { deriveSessionKeys } from './session-keys.ts'

/**
 * CPace's responder (B). Until the receiver's confirmation is verified nothing leaves that depends
 * on the key, so a claimant who gives up before that has learnt nothing.
 */
export function* senderHandshake(init: HandshakeInit): Handshake {
  const { randomBytes } = init
  const senderNonce = randomBytes(NONCE_BYTES)
  const peer = parseInitiatorShare(yield { outgoing: [encodeNonce(senderNonce)] })
  const capabilities = init.answer?.(peer.capabilities) ?? init.capabilities

  const sessionId = concatBytes(senderNonce, peer.nonce)
  const own = createSessionShare(init, sessionId)
  const { intermediateKey, confirmations, sealer, opener } = agreeOnKey(
    'sender',
    capabilities,
    sessionId,
    own,
    peer,
  )
  const confirmation = parseConfirmation(
    'receiver',
    yield { outgoing: [encodeResponderShare({ share: own.share, capabilities })] },
  )
  if (!equalBytes(confirmation, confirmations.receiver)) throw wrongCodeError('sender')

  const encapsulationKey = opener.open(
    'key-encapsulation',
    yield { outgoing: [encodeConfirmation('sender', confirmations.sender)] },
  )
  const { ciphertext, secret } = encapsulate(encapsulationKey, randomBytes)
  return {
    outgoing: [sealer.seal('key-encapsulation', ciphertext)],
    sealer,
    opener,
    keys: deriveSessionKeys({
      intermediateKey,
      sessionId,
      kemSecret: secret,
      encapsulationKey,
      kemCiphertext: ciphertext,
    }),
    peerCapabilities: peer.capabilities,
  }
}
