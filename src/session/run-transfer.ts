import { setTimeout as pause } from 'node:timers/promises'
import type { Diagnostic, DiagnosticWatcher } from '../diagnostics.ts'
import { abortReason, ShareError, toShareError } from '../errors.ts'
import type { PathInfo, TransferWatcher } from '../events.ts'
import { ABORT_TIMEOUT_MS, FIN_TIMEOUT_MS, LAST_WORDS_MS } from '../limits.ts'
import { namedCapabilities } from '../transfer/capabilities.ts'
import type { Lanes } from '../transfer/ports.ts'
import type { Comeback, ComebackKind } from './comeback.ts'
import { LastWords } from './last-words.ts'
import { PathWatch } from './path-watch.ts'
import type { Session } from './session.ts'
import { SessionLink } from './session-link.ts'

/** One side of a transfer, as `transfer` makes it. */
export interface Transfer<Outcome> {
  readonly done: Promise<Outcome>
  start(lanes: Lanes): void
  /** Goes on over the lanes of a new session, after `onLost`. */
  resume(lanes: Lanes): void
  /**
   * Says again over the lanes of a new session how it ended, once it has; of a side that has to be
   * heard. Settles when that is said or cannot be.
   */
  repeatEnd?(lanes: Lanes): Promise<void>
  fail(error: ShareError): void
}

/** What one side of a transfer tells whoever runs it. */
export interface TransferHooks {
  /** Its first lane is lost; it waits for `resume` or `fail`. */
  onLost: (error: ShareError) => void
  /** The receiver takes what is offered, so that data can flow. */
  onAccepted: () => void
}

/** Makes one side of a transfer for whoever is at the other end of `session`. */
export type BeginTransfer<Outcome> = (hooks: TransferHooks, session: Session) => Transfer<Outcome>

export interface RunTransferInit<Outcome> {
  session: Session
  /** Called for `session`, and for each later one with a process that was started again. */
  begin: BeginTransfer<Outcome>
  /** Finds the other side again; without it a lost connection is the end. */
  comeback?: Comeback | undefined
  /** How long to look for the other side after each loss, in milliseconds; 0 for not at all. */
  reconnectMs: number
  signal: AbortSignal
  onEvent: TransferWatcher
  onDiagnostic?: DiagnosticWatcher | undefined
}

export interface TransferResult<Outcome> {
  outcome: Outcome
  /** The one that carried most. */
  path: PathInfo['path']
  /** Since the receiver accepted what was offered, this time; a person may take long for that. */
  seconds: number
}

/**
 * Runs a transfer over the lanes of `session`, and over those of later sessions when it is lost,
 * and ends it all in order, whatever the outcome. Closes `comeback` in the end.
 * Throws what the transfer fails with, `interrupted` where a lost connection did not come back in
 * time, `incompatible`, and why `signal` was aborted.
 */
export async function runTransfer<Outcome>(
  init: RunTransferInit<Outcome>,
): Promise<TransferResult<Outcome>> {
  return new TransferRun(init).run()
}

class TransferRun<Outcome> {
  readonly #init: RunTransferInit<Outcome>
  readonly #comeback: Comeback | undefined
  readonly #retired = new Set<SessionLink>()
  readonly #outcome: Promise<Outcome>
  #resolve: (outcome: Outcome) => void = () => {}
  #reject: (error: ShareError) => void = () => {}
  #link: SessionLink
  /** Undefined before it began, and while one that is dropped makes room for the next. */
  #transfer: Transfer<Outcome> | undefined
  #path: PathInfo['path'] = UNKNOWN_PATH.path
  #pathWatch: PathWatch | undefined
  /** In bytes, by the connections before this one. */
  readonly #carried = { direct: 0, relay: 0 }
  #startedMs = 0
  #expiry: NodeJS.Timeout | undefined
  /** Somebody who came back before it was known that they were lost. */
  #returned: Session | undefined
  #isLost = false
  #isOver = false
  /** For somebody who comes back when it is over. */
  #lastWords: LastWords | undefined

  constructor(init: RunTransferInit<Outcome>) {
    this.#init = init
    this.#comeback = init.reconnectMs > 0 ? init.comeback : undefined
    this.#link = this.#linkTo(init.session)
    this.#outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#outcome.catch(() => {})
  }

  async run(): Promise<TransferResult<Outcome>> {
    const { session, signal } = this.#init
    const onAbort = () => this.#aborted()
    let isDone = false
    signal.addEventListener('abort', onAbort)
    try {
      namedCapabilities(session.peerCapabilities)
      await this.#begin(this.#link)
      const outcome = await this.#outcome
      isDone = true
      await this.#pathWatch?.look()
      this.#diagnose({ diagnostic: 'transfer', state: 'ended' })
      const seconds = (performance.now() - this.#startedMs) / 1000
      return { outcome, path: this.#mostUsedPath, seconds }
    } catch (thrown) {
      const { message: reason } = toShareError(thrown)
      this.#diagnose({ diagnostic: 'transfer', state: 'ended', reason })
      throw thrown
    } finally {
      this.#isOver = true
      this.#pathWatch?.close()
      clearTimeout(this.#expiry)
      signal.removeEventListener('abort', onAbort)
      await this.#leave(isDone)
      for (const link of this.#retired) link.close()
      if (this.#returned) this.#returned.close()
    }
  }

  /** Ends the last connection, and the waiting for another one. */
  async #leave(isDone: boolean): Promise<void> {
    const { comeback } = this.#init
    const finTimeoutMs = isDone ? FIN_TIMEOUT_MS : ABORT_TIMEOUT_MS
    const transfer = isDone ? this.#transfer : undefined
    const repeatEnd = transfer?.repeatEnd?.bind(transfer)
    if (repeatEnd === undefined || this.#comeback === undefined) {
      await Promise.all([this.#link.finish(finTimeoutMs), comeback?.close()])
      return
    }
    const isHeard = await this.#link.finish(finTimeoutMs)
    if (!isHeard) await this.#repeatEnd(repeatEnd, this.#comeback)
    await this.#comeback.close()
  }

  /** The sender may still wait to hear how it ended: nothing has confirmed that it did. */
  async #repeatEnd(repeatEnd: (lanes: Lanes) => Promise<void>, comeback: Comeback): Promise<void> {
    const { reconnectMs, signal, onEvent } = this.#init
    const limitMs = Math.min(reconnectMs, LAST_WORDS_MS)
    const message = `All is saved; waiting ${inWords(limitMs)} for the sender, which may not know it`
    onEvent({ event: 'warning', message })
    this.#lastWords = new LastWords(repeatEnd)
    if (this.#returned) this.#lastWords.take(this.#returned)
    this.#returned = undefined
    comeback.lost()
    await this.#lastWords.say(limitMs, signal)
  }

  /** Begins a transfer over `link`, unless it is over or replaced by the time that it could. */
  async #begin(link: SessionLink): Promise<void> {
    const { begin, signal } = this.#init
    await this.#tellPath(link)
    if (this.#isOver || link !== this.#link) return
    const onLost = (error: ShareError) => {
      if (transfer === this.#transfer) this.#lost(error)
    }
    const onAccepted = () => {
      this.#diagnose({ diagnostic: 'transfer', state: 'accepted' })
      this.#startedMs = performance.now()
    }
    const transfer: Transfer<Outcome> = begin({ onLost, onAccepted }, link.session)
    this.#transfer = transfer
    transfer.done.then(
      (outcome) => transfer === this.#transfer && this.#resolve(outcome),
      (thrown) => transfer === this.#transfer && this.#reject(toShareError(thrown)),
    )
    this.#startedMs = performance.now()
    this.#diagnose({ diagnostic: 'transfer', state: 'begun' })
    this.#comeback?.follow(link.session, (kind, session) => this.#cameBack(kind, session))
    transfer.start(link.lanes)
    if (signal.aborted) this.#aborted()
  }

  async #tellPath({ session }: SessionLink): Promise<void> {
    const info = (await session.connection.pathInfo()) ?? UNKNOWN_PATH
    if (this.#isOver || session !== this.#link.session) return
    this.#init.onEvent({ event: 'connected', ...info })
    this.#watchPath(info)
  }

  #watchPath(told: PathInfo): void {
    this.#countCarried()
    this.#pathWatch = new PathWatch({
      connections: () => this.#link.lanes.connections(),
      told,
      onChange: (path, before) => {
        if (!this.#isOver) this.#init.onEvent({ event: 'path', ...path, before })
      },
    })
    this.#path = told.path
  }

  /** Of a connection that is over. */
  #countCarried(): void {
    this.#pathWatch?.close()
    const { direct = 0, relay = 0 } = this.#pathWatch?.carried ?? {}
    this.#carried.direct += direct
    this.#carried.relay += relay
    this.#pathWatch = undefined
  }

  get #mostUsedPath(): PathInfo['path'] {
    this.#countCarried()
    const { direct, relay } = this.#carried
    if (direct === relay) return this.#path
    return direct > relay ? 'direct' : 'relay'
  }

  #lost(error: ShareError): void {
    if (this.#isOver || this.#isLost) return
    if (this.#comeback === undefined) {
      void this.#giveUp(error)
      return
    }
    this.#isLost = true
    this.#diagnose({ diagnostic: 'connection', state: 'lost', reason: error.message })
    this.#link.giveUp()
    if (this.#returned) {
      this.#resume(this.#returned)
      return
    }
    const { reconnectMs, onEvent } = this.#init
    const message = `The connection was lost; trying for ${inWords(reconnectMs)} to get it back`
    onEvent({ event: 'warning', message })
    this.#expiry = setTimeout(() => void this.#giveUp(notBackInTime(error)), reconnectMs)
    this.#comeback.lost()
  }

  #cameBack(kind: ComebackKind, session: Session): void {
    // While a transfer makes room for the next, there is none that could go on.
    const isTooLate = kind === 'resumed' && this.#transfer === undefined
    if (kind === 'resumed' && this.#lastWords) this.#lastWords.take(session)
    else if (this.#isOver || isTooLate || !isCompatible(session)) session.close()
    else if (kind === 'restarted') {
      void this.#restart(session).catch((thrown) => this.#reject(toShareError(thrown)))
    } else if (this.#isLost) this.#resume(session)
    else this.#loseFor(session)
  }

  /** The other side knew first that the connection is lost; the transfer has to know as well. */
  #loseFor(session: Session): void {
    if (this.#returned) this.#returned.close()
    this.#returned = session
    this.#link.session.connection.close()
  }

  /** Without a pause: the other side may send as soon as the session is there. */
  #resume(session: Session): void {
    this.#returned = undefined
    this.#diagnose({ diagnostic: 'connection', state: 'back' })
    const link = this.#goOver(session)
    this.#transfer?.resume(link.lanes)
    void this.#tellPath(link)
  }

  async #restart(session: Session): Promise<void> {
    this.#diagnose({ diagnostic: 'connection', state: 'restarted' })
    const wasLost = this.#isLost
    const [old, transfer] = [this.#link, this.#transfer]
    const link = this.#goOver(session)
    this.#transfer = undefined
    this.#init.onEvent({ event: 'warning', message: RESTARTED })
    if (transfer) await settled(transfer, new ShareError('cancelled', REPLACED, { hint: '' }))
    // Should it live after all, it is told why nothing more comes.
    if (!wasLost) void old.finish(ABORT_TIMEOUT_MS)
    await this.#begin(link)
  }

  /** Makes `session` the connection. */
  #goOver(session: Session): SessionLink {
    clearTimeout(this.#expiry)
    this.#isLost = false
    this.#retired.add(this.#link)
    this.#link = this.#linkTo(session)
    this.#comeback?.found()
    return this.#link
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

  #aborted(): void {
    const error = abortReason(this.#init.signal)
    if (this.#isLost) void this.#giveUp(error)
    else this.#transfer?.fail(error)
  }

  /** Ends a transfer whose other side is not there. */
  async #giveUp(error: ShareError): Promise<void> {
    this.#diagnose({ diagnostic: 'connection', state: 'given-up', reason: error.message })
    const transfer = this.#transfer
    // What it ends with is for us to say.
    this.#transfer = undefined
    this.#isOver = true
    void this.#comeback?.close()
    if (transfer) await settled(transfer, error)
    this.#reject(error)
  }
}

/** Stops `transfer` because of `error`; a disk that hangs is not waited for. */
async function settled(transfer: Transfer<unknown>, error: ShareError): Promise<void> {
  const stop = new AbortController()
  const limit = pause(ABORT_TIMEOUT_MS, undefined, { signal: stop.signal }).catch(() => undefined)
  const done = transfer.done.catch(() => undefined)
  transfer.fail(error)
  await Promise.race([done, limit])
  stop.abort()
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
const REPLACED = 'The transfer goes on with somebody else who has the code'

/** What to say of a connection that works and whose statistics do not know how. */
const UNKNOWN_PATH: PathInfo = { path: 'direct', transport: 'udp', rttMs: 0 }
