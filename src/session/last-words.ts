import { setTimeout as pause } from 'node:timers/promises'
import { deferred } from '../deferred.ts'
import { FIN_TIMEOUT_MS } from '../limits.ts'
import type { Lanes } from '../transfer/ports.ts'
import type { Session } from './session.ts'
import { SessionLink } from './session-link.ts'

/** What is left to do for a side that is done, and may not have been heard to say so. */
export class LastWords {
  readonly #repeatEnd: (lanes: Lanes) => Promise<void>
  readonly #returned = deferred<Session>()
  #isTaking = true

  /** `repeatEnd` says again how it ended, and settles when that is said or cannot be. */
  constructor(repeatEnd: (lanes: Lanes) => Promise<void>) {
    this.#repeatEnd = repeatEnd
  }

  /** Takes the session of one who came back, and closes it where that is too late. */
  take(session: Session): void {
    if (this.#isTaking) this.#returned.resolve(session)
    else session.close()
    this.#isTaking = false
  }

  /** Waits `limitMs` for the other side, unless `signal` ends that, and says it. Never throws. */
  async say(limitMs: number, signal: AbortSignal): Promise<void> {
    const stop = new AbortController()
    const either = { signal: AbortSignal.any([stop.signal, signal]) }
    const limit = pause(limitMs, undefined, either).catch(() => undefined)
    const session = await Promise.race([this.#returned.promise, limit])
    stop.abort()
    if (session === undefined) {
      if (this.#isTaking) this.#isTaking = false
      else (await this.#returned.promise).close()
      return
    }
    const link = new SessionLink(session)
    await this.#repeatEnd(link.lanes)
    await link.finish(FIN_TIMEOUT_MS)
  }
}
