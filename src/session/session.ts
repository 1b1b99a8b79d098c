import type { DiagnosticWatcher } from '../diagnostics.ts'
import type { Connection } from '../peer/connection.ts'
import type { Lane } from '../peer/lane.ts'
import type { ProbeChannel } from '../peer/probe-channel.ts'
import type { IceServer } from '../rendezvous/ice-server.ts'
import type { Role } from '../secure/role.ts'
import type { SessionKeys } from '../secure/session-keys.ts'
import type { AgreedPaths } from './hello.ts'

/** Two machines that have proved to each other that they know the code, and their first lane. */
export interface Session {
  role: Role
  lane: Lane
  connection: Connection
  probes: ProbeChannel
  iceServers: readonly IceServer[]
  paths: AgreedPaths
  keys: SessionKeys
  peerCapabilities: Uint8Array
  onDiagnostic?: DiagnosticWatcher | undefined
  /** Ends the lane at once, without a word to the other side, and wipes the keys. */
  close(): void
}
