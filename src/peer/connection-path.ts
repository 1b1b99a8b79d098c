import type { DiagnosticWatcher } from '../diagnostics.ts'
import type { PathInfo } from '../events.ts'
import {
  type LocalEnd,
  localEndFromStats,
  type PathTraffic,
  packetsFromStats,
  pathEndsFromStats,
  pathInfoFromStats,
  trafficFromStats,
} from './path-info.ts'

export interface ConnectionPathInit {
  /** Asks the engine; undefined once the connection is closed. */
  stats: () => Promise<RTCStatsReport | undefined>
  isRelayed: boolean
  /** The number of the lane that it is for, as diagnostics name it. */
  lane: number
  onDiagnostic: DiagnosticWatcher
}

/** What to take a connection for that works and whose statistics do not know how. */
const UNKNOWN_PATH: PathInfo = { path: 'direct', transport: 'udp', rttMs: 0 }

/** The way that a connection's data goes, as the engine's statistics have it. */
export class ConnectionPath {
  /** Whether the two sides have agreed that all goes by a relay, be it the other side's. */
  isRelayed: boolean
  readonly #init: ConnectionPathInit
  #latest: PathInfo | undefined

  constructor(init: ConnectionPathInit) {
    this.#init = init
    this.isRelayed = init.isRelayed
  }

  /** As of the last look. */
  get latest(): PathInfo {
    return this.#latest ?? UNKNOWN_PATH
  }

  /** Looks which way the data goes. */
  async info(): Promise<PathInfo> {
    const stats = await this.#init.stats()
    if (stats) this.#note(stats)
    return this.latest
  }

  /** What went which way so far; nothing once the connection is closed. */
  async traffic(): Promise<PathTraffic[]> {
    const stats = await this.#init.stats()
    if (stats === undefined) return []
    this.#note(stats)
    return trafficFromStats(stats, this.isRelayed)
  }

  /** Which way the data goes and both its ends, as far as they are known. */
  async ends(): Promise<(PathInfo & ReturnType<typeof pathEndsFromStats>) | undefined> {
    const stats = await this.#init.stats()
    const info = stats && pathInfoFromStats(stats, this.isRelayed)
    return info && { ...info, ...pathEndsFromStats(stats) }
  }

  /** Where this end is just now; undefined once the connection is closed. */
  async localEnd(): Promise<LocalEnd | undefined> {
    const stats = await this.#init.stats()
    return stats && localEndFromStats(stats)
  }

  /** How many packets have come from the other end; 0 once the connection is closed. */
  async packets(): Promise<number> {
    const stats = await this.#init.stats()
    return stats ? packetsFromStats(stats) : 0
  }

  #note(stats: RTCStatsReport): void {
    const info = pathInfoFromStats(stats, this.isRelayed)
    if (info === undefined) return
    const before = this.#latest
    this.#latest = info
    if (info.path === before?.path && info.transport === before.transport) return
    const { lane, onDiagnostic } = this.#init
    onDiagnostic({ diagnostic: 'path', lane, ...info, ...pathEndsFromStats(stats) })
  }
}
