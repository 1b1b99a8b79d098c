import type { Diagnostic, DiagnosticWatcher } from '../diagnostics.ts'
import { ShareError } from '../errors.ts'
import type { TransferWatcher } from '../events.ts'
import { LAST_WORDS_MS } from '../limits.ts'
import { namedCapabilities } from '../transfer/capabilities.ts'
import type { Comeback, ComebackKind } from './comeback.ts'
import { LastWords, type Returned, type TellEnd } from './last-words.ts'
import type { Session } from './session.ts'
import { SessionLink } from './session-link.ts'

export interface SessionKeeperInit {
  /** The first one. */
  session: Session
  /** Finds the other side again; without it a lost session is the end. */
  comeback: Comeback | undefined
  /** How long to look for the other side after each loss, in milliseconds; 0 for not at all. */
  reconnectMs: number
  signal: AbortSignal
  onEvent: TransferWatcher
  onDiagnostic: DiagnosticWatcher | undefined
  /** Whether the transfer can do without the other side from now on. */
  hasAll: () => boolean
  /** The same process is back, and goes on over `link`. */
  onResumed: (link: SessionLink) => void
  /** Another process came over `link`; `before` is the session until now, unless it was lost. */
  onRestarted: (link: SessionLink, before: SessionLink | undefined) => void
  /** The other side is not there, and is not waited for any more. */
  onGivenUp: (error: ShareError) => void
}

/** Keeps a transfer in touch with the other side, over one session after the other. */
export class SessionKeeper {
  readonly #init: SessionKeeperInit
  readonly #comeback: Comeback | undefined
  readonly #retired = new Set<SessionLink>()
  #link: SessionLink
  #expiry: NodeJS.Timeout | undefined
  /** Somebody who came back before it was known that they were lost, or when all was there. */
  #returned: Returned | undefined
  #isLost = false
  /** One transfer makes room for the next: there is none that could go on. */
  #isRestarting = false
  #isOver = false
  /** For somebody who comes back when it is over. */
  #lastWords: LastWords | undefined

  constructor(init: SessionKeeperInit) {
    this.#init = init
    this.#comeback = init.reconnectMs > 0 ? init.comeback : undefined
    this.#link = this.#linkTo(init.session)
  }

  /** The session that there is now, or that was lost last. */
  get link(): SessionLink {
    return this.#link
  }

  /** Whether the other side is being looked for. */
  get isLost(): boolean {
    return this.#isLost
  }

  /** Whether nothing more comes of it: it was given up, or closed. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** A transfer begins over the session that there is now: from here on somebody may come back. */
  follow(): void {
    this.#isRestarting = false
    this.#comeback?.follow(this.#link.session, (kind, session) => this.#cameBack(kind, session))
  }

  /** The transfer has noticed that the session is lost, with `error`. */
  lost(error: ShareError): void {
    if (this.#isOver || this.#isLost) return
    if (this.#comeback === undefined) {
      this.giveUp(error)
      return
    }
    this.#isLost = true
    this.#diagnose({ diagnostic: 'connection', state: 'lost', reason: error.message })
    this.#link.giveUp()
    if (this.#returned) {
      if (this.#returned.kind === 'resumed') this.#resume(this.#returned.session)
      return
    }
    const { reconnectMs, onEvent } = this.#init
    const message = `The connection was lost; trying for ${inWords(reconnectMs)} to get it back`
    onEvent({ event: 'warning', message })
    this.#expiry = setTimeout(() => this.#expire(error), reconnectMs)
    this.#comeback.lost()
  }

  /** Looks for the other side no longer. */
  giveUp(error: ShareError): void {
    this.#diagnose({ diagnostic: 'connection', state: 'given-up', reason: error.message })
    this.#isOver = true
    void this.#comeback?.close()
    this.#init.onGivenUp(error)
  }

  /**
   * Ends the last session in order, for which the other side has `finTimeoutMs`, and the waiting for
   * another one. `tellEnd` says over another how it ended, should nobody confirm it. Never throws.
   */
  async close(finTimeoutMs: number, tellEnd: TellEnd | undefined): Promise<void> {
    this.#isOver = true
    clearTimeout(this.#expiry)
    if (tellEnd === undefined || this.#comeback === undefined) {
      await Promise.all([this.#link.finish(finTimeoutMs), this.#init.comeback?.close()])
    } else {
      const isHeard = await this.#link.finish(finTimeoutMs)
      if (!isHeard) await this.#sayLastWords(tellEnd, this.#comeback)
      await this.#comeback.close()
    }
    for (const link of this.#retired) link.close()
    this.#returned?.session.close()
  }

  /** The sender may still wait to hear how it ended: nothing has confirmed that it did. */
  async #sayLastWords(tellEnd: TellEnd, comeback: Comeback): Promise<void> {
    const { reconnectMs, signal, onEvent } = this.#init
    const limitMs = Math.min(reconnectMs, LAST_WORDS_MS)
    const message = `All is saved; waiting ${inWords(limitMs)} for the sender, which may not know it`
    onEvent({ event: 'warning', message })
    this.#lastWords = new LastWords(tellEnd)
    if (this.#returned) {
      this.#lastWords.take(this.#returned)
      this.#returned = undefined
    } else {
      // It did not confirm the end: it may be gone, and be started again.
      comeback.quiet?.(true)
      comeback.lost()
    }
    await this.#lastWords.say(limitMs, signal)
  }

  #cameBack(kind: ComebackKind, session: Session): void {
    const isTooLate = kind === 'resumed' && this.#isRestarting
    const isAwaited = this.#lastWords !== undefined || !this.#isOver
    if (!isAwaited || isTooLate || !isCompatible(session)) session.close()
    else if (this.#lastWords) this.#takeLast(this.#lastWords, { kind, session })
    else if (kind === 'restarted' && this.#init.hasAll()) this.#keep({ kind, session })
    else if (kind === 'restarted') this.#restart(session)
    else if (this.#isLost) this.#resume(session)
    else this.#loseFor(session)
  }

  #takeLast(lastWords: LastWords, returned: Returned): void {
    this.#comeback?.found()
    lastWords.take(returned)
  }

  /** Until all is saved, and they can be told. */
  #keep(returned: Returned): void {
    this.#comeback?.found()
    this.#returned?.session.close()
    this.#returned = returned
  }

  /** The other side knew first that the connection is lost; the transfer has to know as well. */
  #loseFor(session: Session): void {
    this.#returned?.session.close()
    this.#returned = { kind: 'resumed', session }
    this.#link.session.connection.close()
  }

  #expire(error: ShareError): void {
    if (!this.#init.hasAll()) this.giveUp(notBackInTime(error))
  }

  /** Without a pause: the other side may send as soon as the session is there. */
  #resume(session: Session): void {
    this.#returned = undefined
    this.#diagnose({ diagnostic: 'connection', state: 'back' })
    this.#goOver(session)
    this.#init.onResumed(this.#link)
  }

  #restart(session: Session): void {
    const { onEvent, onRestarted } = this.#init
    this.#diagnose({ diagnostic: 'connection', state: 'restarted' })
    const before = this.#isLost ? undefined : this.#link
    this.#isRestarting = true
    this.#goOver(session)
    onEvent({ event: 'warning', message: RESTARTED })
    onRestarted(this.#link, before)
  }

  /** Makes `session` the one that there is now. */
  #goOver(session: Session): void {
    clearTimeout(this.#expiry)
    this.#isLost = false
    this.#retired.add(this.#link)
    this.#link = this.#linkTo(session)
    this.#comeback?.found()
  }

  #linkTo(session: Session): SessionLink {
    session.lane.onQuiet((isQuiet) => {
      const isCurrent = session === this.#link.session && !this.#isLost && !this.#isOver
      if (isCurrent) this.#comeback?.quiet?.(isQuiet)
    })
    return new SessionLink(session)
  }

  #diagnose(diagnostic: Diagnostic): void {
    this.#init.onDiagnostic?.(diagnostic)
  }
}

function isCompatible({ peerCapabilities }: Session): boolean {
  try {
    namedCapabilities(peerCapabilities)
    return true
  } catch {
    return false
  }
}

function inWords(durationMs: number): string {
  const seconds = Math.max(1, Math.round(durationMs / 1000))
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`
}

function notBackInTime(cause: ShareError): ShareError {
  return new ShareError(
    'interrupted',
    'The connection to the other side was lost and did not come back in time',
    { cause },
  )
}

const RESTARTED = 'The other side was started again; the transfer begins anew with what it has'
