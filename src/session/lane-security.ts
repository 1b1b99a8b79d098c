import { MAX_MESSAGE_BYTES } from '../limits.ts'
import type { LaneSecurity } from '../peer/lane.ts'
import { createNodeAead } from '../secure/aead.node.ts'
import { createBinding, type LaneEnd, verifyBinding } from '../secure/binding.ts'
import { FRAME_OVERHEAD_BYTES, FrameOpener, FrameSealer } from '../secure/frame-cipher.ts'
import { directionFrom, otherRole, type Role } from '../secure/role.ts'
import type { SessionKeys } from '../secure/session-keys.ts'

/** Where messages are sealed, one after the other: a channel copies what it is given at once. */
const outgoing = new Uint8Array(MAX_MESSAGE_BYTES)

/** What binds lane `lane` of a session to it and seals its messages. */
export function laneSecurity(
  keys: SessionKeys,
  role: Role,
  lane: number,
  fingerprints: { own: string; peer: string },
): LaneSecurity {
  const end: LaneEnd = {
    bindKey: keys.bindKey,
    role,
    lane,
    ownFingerprint: fingerprints.own,
    peerFingerprint: fingerprints.peer,
  }
  const sealer = new FrameSealer(createNodeAead(keys.frameKey(lane, directionFrom(role))))
  const opener = new FrameOpener(
    createNodeAead(keys.frameKey(lane, directionFrom(otherRole(role)))),
  )
  return {
    lane,
    binding: createBinding(end),
    verifyBinding: (binding) => verifyBinding(end, binding),
    seal: (header, parts) => sealer.seal(header, parts, outgoing),
    open: (message, headerBytes) => opener.open(message, headerBytes),
    sealingBytes: FRAME_OVERHEAD_BYTES,
  }
}
