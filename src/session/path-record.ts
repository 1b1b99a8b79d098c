import type { PathInfo } from '../events.ts'
import { PathWatch, type PathWatchInit } from './path-watch.ts'

/** Which way the data of a transfer goes, over all the sessions that it has one after the other. */
export class PathRecord {
  readonly #onChange: PathWatchInit['onChange']
  /** In bytes, by the sessions before this one. */
  #carried = { direct: 0, relay: 0 }
  #watch: PathWatch | undefined
  #told: PathInfo['path'] = 'direct'

  constructor(onChange: PathWatchInit['onChange']) {
    this.#onChange = onChange
  }

  /** Goes on with the paths of another session, of whose first connection `told` was told. */
  follow(paths: PathWatchInit['paths'], told: PathInfo): void {
    this.close()
    this.#watch = new PathWatch({ paths, told, onChange: this.#onChange })
    this.#told = told.path
  }

  /** Looks now, for the last time where `close` follows. Never throws. */
  async look(): Promise<void> {
    await this.#watch?.look()
  }

  close(): void {
    this.#watch?.close()
    this.#carried = { direct: this.#sum('direct'), relay: this.#sum('relay') }
    this.#watch = undefined
  }

  /** The one that carried most; where none did, the one that was told last. */
  get mostUsed(): PathInfo['path'] {
    const [direct, relay] = [this.#sum('direct'), this.#sum('relay')]
    if (direct === relay) return this.#told
    return direct > relay ? 'direct' : 'relay'
  }

  #sum(path: PathInfo['path']): number {
    return this.#carried[path] + (this.#watch?.carried[path] ?? 0)
  }
}
