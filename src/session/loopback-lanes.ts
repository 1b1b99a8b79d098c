import { randomBytes } from 'node:crypto'
import { Connection } from '../peer/connection.ts'
import type { Lane } from '../peer/lane.ts'
import type { Role } from '../secure/role.ts'
import { SessionKeys } from '../secure/session-keys.ts'
import { openLane } from './open-lane.ts'

/** A real lane whose both ends are in this process, sealed as those of transfers are. */
export interface LoopbackLanes {
  near: Lane
  far: Lane
  /** Ends both in order, so that neither end sends while the other one closes. */
  close(): Promise<void>
}

const SECRET_BYTES = 64
const CLOSE_TIMEOUT_MS = 500
const FIRST_LANE = { lane: 0, transport: 'any', onDiagnostic: undefined } as const

/** Throws `no-path` where the engine does not connect the two, and why `signal` was aborted. */
export async function openLoopbackLanes(signal: AbortSignal): Promise<LoopbackLanes> {
  const secret = randomBytes(SECRET_BYTES)
  const connect = (initiator: boolean, other: () => Connection): Connection =>
    new Connection({ initiator, iceServers: [], onSignal: (message) => other().signal(message) })
  const sender: Connection = connect(false, () => receiver)
  const receiver: Connection = connect(true, () => sender)
  const open = async (role: Role, connection: Connection): Promise<Lane> => {
    // Each end wipes a copy of its own.
    const keys = new SessionKeys(Uint8Array.from(secret))
    try {
      return await openLane({ ...FIRST_LANE, connection, role, keys, signal })
    } finally {
      keys.destroy()
    }
  }
  try {
    const opening = [open('sender', sender), open('receiver', receiver)] as const
    const [near, far] = await Promise.all(opening)
    return { near, far, close: () => closeInOrder(near, far) }
  } catch (thrown) {
    sender.close()
    receiver.close()
    throw thrown
  }
}

async function closeInOrder(near: Lane, far: Lane): Promise<void> {
  await Promise.all([near.finish(CLOSE_TIMEOUT_MS), far.finish(CLOSE_TIMEOUT_MS)])
}
