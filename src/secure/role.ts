/** Who one is in a transfer. The receiver is the initiator (A) of CPace, the sender its responder. */
export type Role = 'sender' | 'receiver'

export type Direction = 'sender-to-receiver' | 'receiver-to-sender'

export function otherRole(role: Role): Role {
  return role === 'sender' ? 'receiver' : 'sender'
}

/** The direction of what `role` sends. */
export function directionFrom(role: Role): Direction {
  return role === 'sender' ? 'sender-to-receiver' : 'receiver-to-sender'
}
