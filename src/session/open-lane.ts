import type { DiagnosticWatcher } from '../diagnostics.ts'
import { abortReason, toShareError } from '../errors.ts'
import type { Connection } from '../peer/connection.ts'
import { Lane } from '../peer/lane.ts'
import type { LaneTransport } from '../peer/lane-message.ts'
import type { Role } from '../secure/role.ts'
import type { SessionKeys } from '../secure/session-keys.ts'
import { laneSecurity } from './lane-security.ts'

export interface OpenLaneInit {
  connection: Connection
  /** Its number in the session. */
  lane: number
  transport: LaneTransport
  role: Role
  keys: SessionKeys
  signal: AbortSignal
  onDiagnostic: DiagnosticWatcher | undefined
}

/**
 * The lane of `connection`, bound to the session, once both sides are connected. Throws what
 * `Connection.opened` and `Lane.open` throw.
 */
export async function openLane(init: OpenLaneInit): Promise<Lane> {
  const { connection, lane, transport, role, keys, signal, onDiagnostic } = init
  const tell = (state: 'open' | 'failed' | 'closed', reason?: string) =>
    onDiagnostic?.({
      ...{ diagnostic: 'lane', lane, transport, state },
      ...(reason !== undefined && { reason }),
    })
  try {
    const channel = await connection.opened(signal)
    const security = laneSecurity(keys, role, lane, connection.fingerprints)
    const opened = await Lane.open(channel, security, signal, (why) =>
      tell('closed', signal.aborted ? abortReason(signal).message : why),
    )
    tell('open')
    return opened
  } catch (thrown) {
    tell('failed', toShareError(thrown).message)
    throw thrown
  }
}
