import { setTimeout as pause } from 'node:timers/promises'
import { deferred } from '../deferred.ts'
import { FIN_TIMEOUT_MS } from '../limits.ts'
import type { ComebackKind } from './comeback.ts'
import type { Session } from './session.ts'
import { SessionLink } from './session-link.ts'

/** How whoever comes back is told how it ended: settles when it is, or cannot be. Never throws. */
export type TellEnd = (kind: ComebackKind, link: SessionLink) => Promise<void>

/** Somebody who came back. */
export interface Returned {
  kind: ComebackKind
  session: Session
}

/** What is left to do for a side that is done, and may not have been heard to say so. */
export class LastWords {
  readonly #tell: TellEnd
  readonly #returned = deferred<Returned>()
  #isTaking = true

  constructor(tell: TellEnd) {
    this.#tell = tell
  }

  /** Takes the session of one who came back, and closes it where that is too late. */
  take(returned: Returned): void {
    if (this.#isTaking) this.#returned.resolve(returned)
    else returned.session.close()
    this.#isTaking = false
  }

  /** Waits `limitMs` for the other side, unless `signal` ends that, and says it. Never throws. */
  async say(limitMs: number, signal: AbortSignal): Promise<void> {
    const stop = new AbortController()
    const either = { signal: AbortSignal.any([stop.signal, signal]) }
    const limit = pause(limitMs, undefined, either).catch(() => undefined)
    const returned = await Promise.race([this.#returned.promise, limit])
    stop.abort()
    if (returned === undefined) {
      if (this.#isTaking) this.#isTaking = false
      else (await this.#returned.promise).session.close()
      return
    }
    const link = new SessionLink(returned.session)
    await this.#tell(returned.kind, link)
    await link.finish(FIN_TIMEOUT_MS)
  }
}
