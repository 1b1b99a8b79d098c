import type { PathInfo } from './events.ts'

/** An address at which one end of a connection may be reached (RFC 8445, section 5.1.1). */
export interface CandidateInfo {
  /** Its own, as a STUN server or the other side sees it, or a relay's. */
  kind: 'host' | 'srflx' | 'prflx' | 'relay'
  transport: PathInfo['transport']
  /** An IP address, or a name of the local network that stands for one. */
  address: string
  port: number
}

/**
 * What a transfer tells of its workings, so that a failure can be explained to somebody who was not
 * there. It never holds the words of a code, a key, or a description of a connection. `url`,
 * `reason`, `service` and addresses may come from outside: make them printable before they are shown.
 */
export type Diagnostic =
  /** A rendezvous server: this side's own is `running`; others are asked and answer or do not. */
  | {
      diagnostic: 'server'
      url: string
      state: 'running' | 'asking' | 'joined' | 'unreachable' | 'refused' | 'lost'
      reason?: string
    }
  /** Which servers are asked for the other side, besides those that the local network names. */
  | { diagnostic: 'search'; urls: readonly string[] }
  /** An announcement on the local network names a server. */
  | { diagnostic: 'found'; url: string; service: string }
  /** Somebody is there. `iceServers` are the URLs of those that help to find a path. */
  | { diagnostic: 'met'; url: string; iceServers: readonly string[] }
  /** How far the two have come with proving to each other that they know the code. */
  | { diagnostic: 'code'; stage: 'answered' | 'proved' | 'failed'; reason?: string }
  /** An address of this side (`own`), or one that the other side named. */
  | ({ diagnostic: 'candidate'; lane: number; of: 'own' | 'peer' } & CandidateInfo)
  /** What the WebRTC engine says of the connection under a lane. */
  | { diagnostic: 'engine'; lane: number; what: string; state: string }
  /** The way that a lane's data goes, and its two ends as far as they are known. */
  | ({ diagnostic: 'path'; lane: number; own?: CandidateInfo; peer?: CandidateInfo } & PathInfo)
  /** Lane 0 is the first; further ones come and go as they help. */
  | {
      diagnostic: 'lane'
      lane: number
      transport: PathInfo['transport'] | 'any'
      state: 'opening' | 'open' | 'failed' | 'closed'
      reason?: string
    }
  /** All connections are gone; the same process came `back`, a new one came instead, or nobody. */
  | {
      diagnostic: 'connection'
      state: 'lost' | 'back' | 'restarted' | 'given-up'
      reason?: string
    }
  /** The transfer itself; `ended` with the reason where it failed. */
  | { diagnostic: 'transfer'; state: 'begun' | 'accepted' | 'ended'; reason?: string }

export type DiagnosticWatcher = (diagnostic: Diagnostic) => void
