import {
  combineShares,
  confirmationTag,
  createKeyShare,
  deriveGenerator,
  deriveIntermediateKey,
  type KeyShare,
} from './cpace.ts'
import type { HandshakeInit } from './handshake.ts'
import { deriveSealingKey } from './key-schedule.ts'
import { lengthValueConcat } from './length-value.ts'
import { PROTOCOL_VERSION } from './protocol-version.ts'
import { directionFrom, otherRole, type Role } from './role.ts'
import { MessageOpener, MessageSealer } from './sealed-channel.ts'

/** What the other side sent of itself. */
export interface PeerShare {
  share: Uint8Array
  capabilities: Uint8Array
}

/** What follows from both shares, if the other side has the same secret. */
export interface KeyAgreement {
  intermediateKey: Uint8Array
  /** The confirmation that each role sends. */
  confirmations: Record<Role, Uint8Array>
  sealer: MessageSealer
  opener: MessageOpener
}

/** Our share of the CPace run that the code and `sessionId` (both sides' nonces) name. */
export function createSessionShare(init: HandshakeInit, sessionId: Uint8Array): KeyShare {
  const channelIdentifier = lengthValueConcat(
    PROTOCOL_VERSION,
    init.nameplate,
    'receiver',
    'sender',
  )
  const generator = deriveGenerator(init.secret, channelIdentifier, sessionId)
  return createKeyShare(generator, init.randomBytes)
}

/**
 * Completes CPace as `role`, and wipes the scalar of `own`. Throws a `protocol` ShareError if the
 * peer's share is not acceptable.
 */
export function agreeOnKey(
  role: Role,
  capabilities: Uint8Array,
  sessionId: Uint8Array,
  own: KeyShare,
  peer: PeerShare,
): KeyAgreement {
  const sharedPoint = combineShares(own, peer.share)
  own.scalar.fill(0)
  const ownParty = { share: own.share, associatedData: associatedData(role, capabilities) }
  const peerParty = {
    share: peer.share,
    associatedData: associatedData(otherRole(role), peer.capabilities),
  }
  const [receiver, sender] = role === 'receiver' ? [ownParty, peerParty] : [peerParty, ownParty]
  const intermediateKey = deriveIntermediateKey(sessionId, sharedPoint, receiver, sender)
  sharedPoint.fill(0)

  const channelInit = (from: Role) => {
    const direction = directionFrom(from)
    return { key: deriveSealingKey(intermediateKey, sessionId, direction), sessionId, direction }
  }
  return {
    intermediateKey,
    confirmations: {
      receiver: confirmationTag(intermediateKey, sessionId, receiver),
      sender: confirmationTag(intermediateKey, sessionId, sender),
    },
    sealer: new MessageSealer(channelInit(role)),
    opener: new MessageOpener(channelInit(otherRole(role))),
  }
}

/**
 * CPace's ADa and ADb. Each side builds the other's as it must be and takes only the capabilities
 * from the wire. That the roles make them differ is what defeats reflected shares and tags.
 */
function associatedData(role: Role, capabilities: Uint8Array): Uint8Array {
  return lengthValueConcat(PROTOCOL_VERSION, role, capabilities)
}
