import type SimplePeer from 'simple-peer'
import { deferred } from '../deferred.ts'
import type { DiagnosticWatcher } from '../diagnostics.ts'
import { abortReason, ShareError, throwIfAborted } from '../errors.ts'
import { CONNECT_TIMEOUT_MS, MAX_CANDIDATES } from '../limits.ts'
import type { Channel } from './channel.ts'
import { ConnectionPath } from './connection-path.ts'
import { type EnginePeer, enginePeer } from './engine-peer.ts'
import { type IceConfigurationInit, iceConfiguration } from './ice-configuration.ts'
import { PathSearch, type SearchFacts } from './path-search.ts'
import { PeerChannel } from './peer-channel.ts'
import { ProbeChannel } from './probe-channel.ts'
import { sdpFingerprint, sdpMaxMessageBytes } from './session-description.ts'
import {
  type CandidateChoice,
  candidatesIn,
  decodeSignal,
  encodeSignal,
  type Signal,
  signalWithin,
} from './signal.ts'

export interface ConnectionInit extends IceConfigurationInit {
  /** Who makes the offer: the receiver of the file. */
  initiator: boolean
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

/** The engine collects connections that nothing but their own handlers refer to. */
const alive = new Set<Connection>()

/** One WebRTC connection with one ordered, reliable data channel. */
export class Connection {
  /** The way that its data goes. */
  readonly path: ConnectionPath
  readonly #enginePeer: EnginePeer
  readonly #peer: SimplePeer.Instance
  readonly #channel: PeerChannel
  readonly #connectTimeoutMs: number
  readonly #lane: number
  readonly #onDiagnostic: DiagnosticWatcher
  readonly #choice: CandidateChoice
  readonly #opened = deferred()
  readonly #search: PathSearch
  #candidates = 0
  #ownSdp: string | undefined
  #peerSdp: string | undefined
  #failure: ShareError | undefined

  constructor(init: ConnectionInit) {
    const { initiator, transport = 'any', only, lane = 0, onDiagnostic = () => {} } = init
    this.#connectTimeoutMs = init.connectTimeoutMs ?? CONNECT_TIMEOUT_MS
    this.#lane = lane
    this.#onDiagnostic = onDiagnostic
    this.#choice = { transport, only }
    const configuration = iceConfiguration(init)
    const search = new PathSearch(configuration.iceServers)
    this.#search = search
    this.#enginePeer = enginePeer({
      initiator,
      configuration,
      onCandidateError: (event) => search.failed(event),
    })
    this.#peer = this.#enginePeer.peer
    const stats = () => this.#stats()
    this.path = new ConnectionPath({ stats, isRelayed: only === 'relay', lane, onDiagnostic })
    this.#channel = new PeerChannel({
      peer: this.#peer,
      path: this.path,
      close: () => this.close(),
    })
    alive.add(this)
    this.#watchPeer(init)
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
      this.#channel.maxMessageBytes = sdpMaxMessageBytes(signal.sdp)
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
    const onAbort = () => signal && this.#opened.reject(abortReason(signal))
    const timer = setTimeout(() => this.#opened.reject(noPath()), this.#connectTimeoutMs)
    signal?.addEventListener('abort', onAbort)
    try {
      await this.#opened.promise
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    }
    await this.path.info()
    return this.#channel
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
    const { connection } = this.#enginePeer
    if (connection === undefined) throw new TypeError('the engine made no connection')
    return new ProbeChannel(connection)
  }

  /** What looking for a path has come to, so far or in the end. */
  get searchFacts(): SearchFacts {
    return this.#search.facts
  }

  /** Closes at once; what is still queued in the engine is lost. Safe to call again. */
  close(): void {
    this.#peer.destroy()
  }

  #watchPeer({ onSignal, onClosed }: ConnectionInit): void {
    this.#peer.on('signal', (signal) => this.#tell(signal as Signal, onSignal))
    this.#peer.on('connect', () => this.#opened.resolve())
    this.#peer.on('error', (cause) => {
      this.#failure ??= noPath(new Error(kindOf(cause)))
    })
    this.#peer.on('close', () => {
      alive.delete(this)
      this.#opened.reject(this.#failure ?? noPath())
      onClosed?.()
    })
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

  #diagnoseCandidates(of: 'own' | 'peer', signal: Signal): void {
    for (const candidate of candidatesIn(signal)) {
      this.#onDiagnostic({ diagnostic: 'candidate', lane: this.#lane, of, ...candidate })
    }
  }

  async #stats(): Promise<RTCStatsReport | undefined> {
    const { peer, connection } = this.#enginePeer
    if (peer.destroyed) return undefined
    // The engine may close it meanwhile: then there is nothing to tell any more.
    return connection?.getStats().catch(() => undefined)
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
