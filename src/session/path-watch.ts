import type { PathInfo } from '../events.ts'
import { PATH_CHECK_INTERVAL_MS } from '../limits.ts'
import type { ConnectionPath } from '../peer/connection-path.ts'
import type { PathTraffic } from '../peer/path-info.ts'

export interface PathWatchInit {
  /** Those of the connections that there are just now. */
  paths: () => Iterable<Pick<ConnectionPath, 'traffic'>>
  /** What was told of the path when the first connection was made. */
  told: Pick<PathInfo, 'path' | 'transport'>
  /** The data goes another way now. */
  onChange: (path: PathInfo, before: Pick<PathInfo, 'path' | 'transport'>) => void
}

/** Fewer bytes between two looks are probes and control, and tell nothing of the data. */
const LEAST_BYTES = 64 * 1024
/** A way has to carry most of the data in so many looks in a row: lanes come and go. */
const LOOKS = 2

/** Notices which way the data goes, and how much went which way. */
export class PathWatch {
  readonly #init: PathWatchInit
  readonly #timer: NodeJS.Timeout
  readonly #seen = new WeakMap<object, Map<string, number>>()
  readonly #carried = { direct: 0, relay: 0 }
  #told: PathWatchInit['told']
  #candidate: { name: string; looks: number } | undefined
  #isLooking: Promise<void> | undefined

  constructor(init: PathWatchInit) {
    this.#init = init
    this.#told = { path: init.told.path, transport: init.told.transport }
    this.#timer = setInterval(() => void this.look(), PATH_CHECK_INTERVAL_MS)
    this.#timer.unref()
  }

  /** Bytes that went each way, as of the last look. */
  get carried(): Readonly<Record<PathInfo['path'], number>> {
    return this.#carried
  }

  /** Looks now, for the last time where `close` follows. Never throws. */
  look(): Promise<void> {
    this.#isLooking ??= this.#look()
      // Statistics that fail tell nothing.
      .catch(() => {})
      .finally(() => {
        this.#isLooking = undefined
      })
    return this.#isLooking
  }

  close(): void {
    clearInterval(this.#timer)
  }

  async #look(): Promise<void> {
    const ways = new Map<string, { bytes: number; path: PathInfo }>()
    let all = 0
    for (const each of this.#init.paths()) {
      for (const { pair, bytes, path } of await each.traffic()) {
        const fresh = bytes - this.#since(each, pair, bytes)
        const way = nameOf(path)
        const known = ways.get(way)
        ways.set(way, { bytes: (known?.bytes ?? 0) + fresh, path: known?.path ?? path })
        this.#carried[path.path] += fresh
        all += fresh
      }
    }
    if (all < LEAST_BYTES) return
    for (const { bytes, path } of ways.values()) if (2 * bytes > all) this.#carries(path)
  }

  /** What had gone over a pair of candidates at the last look. */
  #since(path: object, pair: PathTraffic['pair'], bytes: number): number {
    const pairs = this.#seen.get(path) ?? new Map<string, number>()
    this.#seen.set(path, pairs)
    const before = pairs.get(pair) ?? 0
    pairs.set(pair, bytes)
    return Math.min(before, bytes)
  }

  #carries(path: PathInfo): void {
    const name = nameOf(path)
    if (name === nameOf(this.#told)) {
      this.#candidate = undefined
      return
    }
    const looks = this.#candidate?.name === name ? this.#candidate.looks + 1 : 1
    this.#candidate = { name, looks }
    if (looks < LOOKS) return
    const before = this.#told
    this.#told = { path: path.path, transport: path.transport }
    this.#candidate = undefined
    this.#init.onChange(path, before)
  }
}

function nameOf({ path, transport }: Pick<PathInfo, 'path' | 'transport'>): string {
  return `${path} ${transport}`
}
