import SimplePeer from 'simple-peer'
import type { DiagnosticWatcher } from '../diagnostics.ts'
import { abortReason, ShareError, throwIfAborted } from '../errors.ts'
import type { PathInfo } from '../events.ts'
import { CONNECT_TIMEOUT_MS, MAX_CANDIDATES } from '../limits.ts'
import { candidatesIn } from './candidate.ts'
import type { Channel } from './channel.ts'
import { collectMessages } from './collect-messages.ts'
import { loadEngine } from './engine.ts'
import type { LaneTransport } from './lane-message.ts'
import {
  type LocalEnd,
  localEndFromStats,
  type PathTraffic,
  packetsFromStats,
  pathEndsFromStats,
  pathInfoFromStats,
  trafficFromStats,
} from './path-info.ts'
import { PathSearch, type SearchFacts } from './path-search.ts'
import { patientPeerConnection } from './patient-peer-connection.ts'
import { ProbeChannel } from './probe-channel.ts'
import { sdpFingerprint, sdpMaxMessageBytes } from './session-description.ts'
import {
  type CandidateChoice,
  decodeSignal,
  encodeSignal,
  type Signal,
  signalWithin,
} from './signal.ts'

export type { PathTraffic } from './path-info.ts'

export interface IceServer {
  urls: string[]
  username?: string
  credential?: string
}

export interface ConnectionInit {
  /** Who makes the offer: the receiver of the file. */
  initiator: boolean
  iceServers: readonly IceServer[]
  /** Over which transport its candidates may lead; over any unless told otherwise. */
  transport?: LaneTransport
  /** The one kind of path that it may take; either when absent. */
  only?: PathInfo['path'] | undefined
  /** Takes each message for the other side's `signal()`, in order. */
  onSignal: (message: Uint8Array) => void
  /** Called once, when it is gone. */
  onClosed?: () => void
  /** How long to look for a path, in milliseconds. */
  connectTimeoutMs?: number
  /** The number of the lane that it is for, as diagnostics name it. */
  lane?: number
  onDiagnostic?: DiagnosticWatcher | undefined
}

/** What is taken of the other side's candidates where no relay may be used, be it theirs. */
const DIRECT: CandidateChoice = { transport: 'any', only: 'direct' }

/** What to take a connection for that works and whose statistics do not know how. */
const UNKNOWN_PATH = { path: 'direct', transport: 'udp' } as const

/** A peer that keeps to the protocol says READY and then waits for ours. */
const MAX_EARLY_MESSAGES = 2

/** The engine collects connections that nothing but their own handlers refer to. */
const alive = new Set<Connection>()

/**
 * One WebRTC connection with one ordered, reliable data channel, which both sides create under
 * the same id before they negotiate, so that no message can come before its handler.
 */
export class Connection {
  /** Whether the two sides have agreed that all goes by a relay, be it the other side's. */
  isRelayed: boolean
  readonly #peer: SimplePeer.Instance
  readonly #engineConnection: { current?: RTCPeerConnection } = {}
  readonly #connectTimeoutMs: number
  readonly #lane: number
  readonly #onDiagnostic: DiagnosticWatcher
  readonly #choice: CandidateChoice
  readonly #opened: Promise<void>
  readonly #search: PathSearch
  /** As of the last look. */
  #path: PathInfo | undefined
  #candidates = 0
  #ownSdp: string | undefined
  #peerSdp: string | undefined
  #failure: ShareError | undefined
  #onMessage: ((message: Uint8Array) => void) | undefined
  /** Messages that came before there was a handler: the other side's READY, and no more. */
  readonly #early: Uint8Array[] = []
  #onClose: (() => void) | undefined

  constructor(init: ConnectionInit) {
    this.#connectTimeoutMs = init.connectTimeoutMs ?? CONNECT_TIMEOUT_MS
    this.isRelayed = init.only === 'relay'
    this.#choice = { transport: init.transport ?? 'any', only: init.only }
    this.#lane = init.lane ?? 0
    this.#onDiagnostic = init.onDiagnostic ?? (() => {})
    const configuration = configurationOf(init)
    const search = new PathSearch(configuration.iceServers)
    this.#search = search
    const engine = loadEngine()
    const kept = this.#engineConnection
    this.#peer = new SimplePeer({
      initiator: init.initiator,
      objectMode: true,
      trickle: true,
      channelName: 'p2pshare',
      channelConfig: { negotiated: true, id: 0, ordered: true },
      config: configuration,
      wrtc: {
        RTCPeerConnection: class extends patientPeerConnection() {
          constructor(configuration?: RTCConfiguration) {
            super(configuration)
            kept.current = this
            this.addEventListener('icecandidateerror', (event) => search.failed(event))
          }
        },
        RTCSessionDescription: engine.RTCSessionDescription,
        RTCIceCandidate: engine.RTCIceCandidate,
      },
    })
    alive.add(this)
    this.#opened = new Promise((resolve, reject) => {
      this.#peer.on('error', (cause) => {
        this.#failure ??= noPath(new Error(kindOf(cause)))
      })
      this.#peer.on('close', () => {
        alive.delete(this)
        reject(this.#failure ?? noPath())
        this.#onClose?.()
        init.onClosed?.()
      })
      this.#peer.on('connect', resolve)
    })
    this.#opened.catch(() => {})
    this.#peer.on('data', (message: Uint8Array) => {
      collectMessages(message.length)
      if (this.#onMessage) this.#onMessage(message)
      else if (this.#early.length < MAX_EARLY_MESSAGES) this.#early.push(message)
      else this.close()
    })
    this.#peer.on('signal', (signal) => this.#tell(signal as Signal, init.onSignal))
    this.#watchEngine()
  }

  /** Takes a message that the other side's `onSignal` gave. Throws `protocol` if it is not one. */
  signal(message: Uint8Array): void {
    const signal = decodeSignal(message)
    if (this.#peer.destroyed) return
    if (signal.type === 'candidate') {
      this.#candidates += 1
      if (this.#candidates > MAX_CANDIDATES) {
        throw new ShareError('protocol', 'The other side named more addresses than any machine has')
      }
    } else {
      if (this.#peerSdp !== undefined) {
        throw new ShareError('protocol', 'The other side described its connection twice')
      }
      sdpMaxMessageBytes(signal.sdp)
      this.#peerSdp = signal.sdp
    }
    const taken = this.#choice.only === 'direct' ? signalWithin(DIRECT, signal) : signal
    if (taken === undefined) return
    this.#diagnoseCandidates('peer', taken)
    this.#peer.signal(taken as SimplePeer.SignalData)
  }

  /** The channel, once both sides are connected. Throws `no-path` when they do not get there. */
  async opened(signal?: AbortSignal): Promise<Channel> {
    throwIfAborted(signal)
    let timer: NodeJS.Timeout | undefined
    let onAbort: (() => void) | undefined
    try {
      await Promise.race([
        this.#opened,
        new Promise<never>((_, reject) => {
          timer = setTimeout(() => reject(noPath()), this.#connectTimeoutMs)
          onAbort = () => signal && reject(abortReason(signal))
          signal?.addEventListener('abort', onAbort)
        }),
      ])
    } finally {
      clearTimeout(timer)
      if (onAbort) signal?.removeEventListener('abort', onAbort)
    }
    await this.pathInfo()
    return this.#channel()
  }

  /** The certificates of both ends, as the descriptions named them and the engine enforces. */
  get fingerprints(): { own: string; peer: string } {
    if (this.#ownSdp === undefined || this.#peerSdp === undefined) {
      throw new TypeError('fingerprints are known once both descriptions are')
    }
    return { own: sdpFingerprint(this.#ownSdp), peer: sdpFingerprint(this.#peerSdp) }
  }

  /**
   * A channel beside the lane's own for messages that may get lost. Both sides ask for it right
   * after making the connection, or neither.
   */
  probeChannel(): ProbeChannel {
    const connection = this.#engineConnection.current
    if (connection === undefined) throw new TypeError('the engine made no connection')
    return new ProbeChannel(connection)
  }

  /** What looking for a path has come to, so far or in the end. */
  get searchFacts(): SearchFacts {
    return this.#search.facts
  }

  /** Which way the data goes just now; undefined while that is not known. */
  async pathInfo(): Promise<PathInfo | undefined> {
    const stats = await this.#stats()
    if (stats) this.#notePath(stats)
    return stats && this.#path
  }

  /** What went which way so far; nothing once the connection is closed. */
  async traffic(): Promise<PathTraffic[]> {
    const stats = await this.#stats()
    if (stats === undefined) return []
    this.#notePath(stats)
    return trafficFromStats(stats, this.isRelayed)
  }

  /** The same with both ends, as far as they are known. */
  async foundPath(): Promise<(PathInfo & ReturnType<typeof pathEndsFromStats>) | undefined> {
    const stats = await this.#stats()
    const info = stats && pathInfoFromStats(stats, this.isRelayed)
    return info && { ...info, ...pathEndsFromStats(stats) }
  }

  /** Where this end is just now; undefined once the connection is closed. */
  async localEnd(): Promise<LocalEnd | undefined> {
    const stats = await this.#stats()
    return stats && localEndFromStats(stats)
  }

  /** Closes at once; what is still queued in the engine is lost. Safe to call again. */
  close(): void {
    this.#peer.destroy()
  }

  #notePath(stats: RTCStatsReport): void {
    const path = pathInfoFromStats(stats, this.isRelayed)
    if (path === undefined) return
    const { path: before, transport } = this.#path ?? {}
    this.#path = path
    if (path.path === before && path.transport === transport) return
    const diagnostic = { diagnostic: 'path', lane: this.#lane } as const
    this.#onDiagnostic({ ...diagnostic, ...path, ...pathEndsFromStats(stats) })
  }

  #tell(signal: Signal, onSignal: ConnectionInit['onSignal']): void {
    // simple-peer also asks for renegotiation and transceivers, for which a data channel has no use.
    if (signal.type !== 'candidate' && signal.type !== 'offer' && signal.type !== 'answer') return
    if (signal.type !== 'candidate') this.#ownSdp = signal.sdp
    this.#search.found(signal)
    const told = signalWithin(this.#choice, signal)
    if (told === undefined) return
    this.#diagnoseCandidates('own', told)
    onSignal(encodeSignal(told))
  }

  #diagnoseCandidates(of: 'own' | 'peer', signal: Signal): void {
    for (const candidate of candidatesIn(signal)) {
      this.#onDiagnostic({ diagnostic: 'candidate', lane: this.#lane, of, ...candidate })
    }
  }

  #watchEngine(): void {
    const tell = (what: string, state: string) =>
      this.#onDiagnostic({ diagnostic: 'engine', lane: this.#lane, what, state })
    this.#peer.on('iceStateChange', (ice: string, gathering: string) => {
      if (ice === 'connected' || ice === 'completed') this.#search.reached()
      tell('path', ice)
      tell('gathering', gathering)
    })
    this.#peer.on('signalingStateChange', (state: string) => tell('signalling', state))
    this.#peer.on('error', (error) => tell('error', kindOf(error)))
  }

  async #stats(): Promise<RTCStatsReport | undefined> {
    const connection = this.#engineConnection.current
    if (connection === undefined || this.#peer.destroyed) return undefined
    return connection.getStats()
  }

  #channel(): Channel {
    const peer = this.#peer
    const pathNow = () => this.#path ?? UNKNOWN_PATH
    return {
      get path() {
        return pathNow()
      },
      maxMessageBytes: sdpMaxMessageBytes(this.#peerSdp ?? ''),
      bufferedBytes: () => peer.bufferSize,
      send: (message) => {
        if (peer.destroyed) return
        collectMessages(message.length)
        try {
          peer.send(message)
        } catch {
          // The engine has closed the channel, and its event for that is still to come.
          this.close()
        }
      },
      signsOfLife: async () => {
        const stats = await this.#stats()
        return stats ? packetsFromStats(stats) : 0
      },
      onMessage: (handler) => {
        this.#onMessage = handler
        for (const message of this.#early.splice(0)) handler(message)
      },
      onClose: (handler) => {
        this.#onClose = handler
        if (peer.destroyed) handler()
      },
      close: () => this.close(),
    }
  }
}

function configurationOf({ iceServers, only, transport }: ConnectionInit) {
  return {
    iceServers: iceServers
      .map(({ urls, ...access }) => ({ ...access, urls: urls.filter(serves(only, transport)) }))
      .filter(({ urls }) => urls.length > 0),
    ...(only === 'relay' && { iceTransportPolicy: 'relay' as const }),
  }
}

/** Whether the server at a URL can help: one that cannot is not even told that we are here. */
function serves(only: ConnectionInit['only'], transport: LaneTransport | undefined) {
  return (url: string): boolean => {
    const isRelay = !url.startsWith('stun:')
    return isRelay ? only !== 'direct' : only !== 'relay' && transport !== 'tcp'
  }
}

/** The kind of an error of the engine; its message may quote a description. */
function kindOf(error: Error): string {
  return 'code' in error ? String(error.code) : error.name
}

function noPath(cause?: unknown): ShareError {
  return new ShareError('no-path', 'No connection could be made between the two machines', {
    cause,
  })
}
