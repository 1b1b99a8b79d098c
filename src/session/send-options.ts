import type { DiagnosticWatcher } from '../diagnostics.ts'
import type { PathInfo, TransferWatcher } from '../events.ts'
import type { IceServer } from '../rendezvous/ice-server.ts'
import type { ProxySettings } from '../rendezvous/proxy.ts'
import type { Verify } from './verification.ts'

export interface SendOptions {
  /** A code of one's own, `nameplate-secret`; made up when absent. */
  code?: string
  /** The code of a receiver that made one (`receiveNew`), in the place of one's own. */
  to?: string
  /** How many words a made-up code has, 2 to 8. */
  words?: number
  /** The rendezvous server; when absent one is run here and found on the local network. */
  rendezvous?: string
  /** STUN and TURN servers, in the place of those that the rendezvous names. */
  iceServers?: readonly IceServer[]
  /** Takes no other path to the receiver than a direct one, or than a relay. */
  only?: PathInfo['path']
  /** On the way to a rendezvous server that is not in this network. */
  proxy?: ProxySettings
  /** How long to wait for the receiver, or for the next of several, in milliseconds. */
  waitMs?: number
  /** How long to wait for a connection that was lost, in milliseconds; 0 for not at all. */
  reconnectMs?: number
  /** How many connections side by side carry the data, 1 to 64; as many as help when absent. */
  lanes?: number
  /** What the transfer, or all together, stay below, in bytes a second; at least 1000. */
  limitBytesPerSecond?: number
  /** Whether data may be compressed on its way, where that is faster; it may unless false. */
  compress?: boolean
  /** Patterns, as in a .gitignore at the top of each directory, of what is left out. */
  exclude?: readonly string[]
  /** Whether what git ignores is left out, and `.git` itself. */
  gitignore?: boolean
  /** Whether symbolic links are followed where they do not lead out of their directory. */
  follow?: boolean
  /** Asked, before anything is offered, whether the other side shows the same words. */
  verify?: Verify
  /** Where to write a receipt; for each of several receivers one with its number in the name. */
  receipt?: string
  signal?: AbortSignal
  onEvent?: TransferWatcher
  /** Takes what explains a failure; nothing of it is secret. */
  onDiagnostic?: DiagnosticWatcher
}

/** How many are to receive it: so many, or whoever comes until `signal` is aborted. */
export type SeveralReceivers =
  | { receivers: number; keep?: false }
  | { receivers?: undefined; keep: true }
