import { deferred } from '../deferred.ts'
import type { Diagnostic, DiagnosticWatcher } from '../diagnostics.ts'
import { abortReason, ShareError, toShareError } from '../errors.ts'
import type { PathInfo, TransferWatcher } from '../events.ts'
import { ABORT_TIMEOUT_MS, FIN_TIMEOUT_MS } from '../limits.ts'
import { namedCapabilities } from '../transfer/capabilities.ts'
import type { Comeback } from './comeback.ts'
import type { TellEnd } from './last-words.ts'
import { PathRecord } from './path-record.ts'
import type { Session } from './session.ts'
import { SessionKeeper } from './session-keeper.ts'
import type { SessionLink } from './session-link.ts'
import { stopTransfer } from './stop-transfer.ts'
import type { BeginTransfer, Transfer } from './transfer.ts'

export interface RunTransferInit<Outcome> {
  session: Session
  /** Called for `session`, and for each later one with a process that was started again. */
  begin: BeginTransfer<Outcome>
  /**
   * Of a side that has to be heard: makes what shows a process that was started again, and comes when
   * all is done, that it is. Nothing of that changes the outcome.
   */
  confirm?: BeginTransfer<unknown>
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
  readonly #keeper: SessionKeeper
  readonly #paths: PathRecord
  readonly #outcome = deferred<Outcome>()
  /** Undefined before it began, and while one that is dropped makes room for the next. */
  #transfer: Transfer<Outcome> | undefined
  #startedMs = 0

  constructor(init: RunTransferInit<Outcome>) {
    this.#init = init
    const { session, comeback, reconnectMs, signal, onEvent, onDiagnostic } = init
    this.#keeper = new SessionKeeper({
      ...{ session, comeback, reconnectMs, signal, onEvent, onDiagnostic },
      hasAll: () => this.#transfer?.hasAll ?? false,
      onResumed: (link) => this.#resume(link),
      onRestarted: (link, before) => {
        this.#restart(link, before).catch((thrown) => this.#fail(thrown))
      },
      onGivenUp: (error) => void this.#giveUp(error),
    })
    this.#paths = new PathRecord((path, before) => {
      if (!this.#keeper.isOver) onEvent({ event: 'path', ...path, before })
    })
  }

  async run(): Promise<TransferResult<Outcome>> {
    const { session, signal } = this.#init
    const onAbort = () => this.#aborted()
    let isDone = false
    signal.addEventListener('abort', onAbort)
    try {
      namedCapabilities(session.peerCapabilities)
      await this.#begin(this.#keeper.link)
      const outcome = await this.#outcome.promise
      isDone = true
      await this.#paths.look()
      this.#diagnose({ diagnostic: 'transfer', state: 'ended' })
      const seconds = (performance.now() - this.#startedMs) / 1000
      return { outcome, path: this.#paths.mostUsed, seconds }
    } catch (thrown) {
      const { message: reason } = toShareError(thrown)
      this.#diagnose({ diagnostic: 'transfer', state: 'ended', reason })
      throw thrown
    } finally {
      this.#paths.close()
      signal.removeEventListener('abort', onAbort)
      if (isDone) await this.#keeper.close(FIN_TIMEOUT_MS, this.#tellEnd)
      else await this.#keeper.close(ABORT_TIMEOUT_MS, undefined)
    }
  }

  get #tellEnd(): TellEnd | undefined {
    const transfer = this.#transfer
    if (transfer?.repeatEnd === undefined) return undefined
    return async (kind, link) => {
      if (kind === 'resumed') await transfer.repeatEnd?.(link.lanes)
      else await this.#confirm(link)
    }
  }

  /** Never throws: whatever comes of it, all is done here. */
  async #confirm({ session, lanes }: SessionLink): Promise<void> {
    const { confirm, signal, onEvent } = this.#init
    if (confirm === undefined) return
    onEvent({ event: 'warning', message: RESTARTED_LATE })
    const onLost = (error: ShareError) => confirmation.fail(error)
    const confirmation = confirm({ onLost, onAccepted: () => {} }, session)
    const onAbort = () => confirmation.fail(abortReason(signal))
    signal.addEventListener('abort', onAbort)
    confirmation.start(lanes)
    if (signal.aborted) onAbort()
    try {
      await confirmation.done
    } catch (thrown) {
      const message = `The sender was not told that all is saved: ${toShareError(thrown).message}`
      onEvent({ event: 'warning', message })
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** Begins a transfer over `link`, unless it is over or replaced by the time that it could. */
  async #begin(link: SessionLink): Promise<void> {
    const { begin, signal } = this.#init
    await this.#tellPath(link)
    if (!this.#isCurrent(link)) return
    const onLost = (error: ShareError) => {
      if (transfer === this.#transfer) this.#keeper.lost(error)
    }
    const onAccepted = () => {
      this.#diagnose({ diagnostic: 'transfer', state: 'accepted' })
      this.#startedMs = performance.now()
    }
    const transfer: Transfer<Outcome> = begin({ onLost, onAccepted }, link.session)
    this.#transfer = transfer
    transfer.done.then(
      (outcome) => transfer === this.#transfer && this.#outcome.resolve(outcome),
      (thrown) => transfer === this.#transfer && this.#fail(thrown),
    )
    this.#startedMs = performance.now()
    this.#diagnose({ diagnostic: 'transfer', state: 'begun' })
    this.#keeper.follow()
    transfer.start(link.lanes)
    if (signal.aborted) this.#aborted()
  }

  async #tellPath(link: SessionLink): Promise<void> {
    const info = await link.session.connection.path.info()
    if (!this.#isCurrent(link)) return
    this.#init.onEvent({ event: 'connected', ...info })
    this.#paths.follow(() => link.lanes.paths(), info)
  }

  #isCurrent(link: SessionLink): boolean {
    return !this.#keeper.isOver && link === this.#keeper.link
  }

  #resume(link: SessionLink): void {
    this.#transfer?.resume(link.lanes)
    void this.#tellPath(link)
  }

  async #restart(link: SessionLink, before: SessionLink | undefined): Promise<void> {
    const transfer = this.#transfer
    this.#transfer = undefined
    if (transfer) await stopTransfer(transfer, new ShareError('cancelled', REPLACED, { hint: '' }))
    // Should it live after all, it is told why nothing more comes.
    void before?.finish(ABORT_TIMEOUT_MS)
    await this.#begin(link)
  }

  #aborted(): void {
    const error = abortReason(this.#init.signal)
    if (this.#keeper.isLost) this.#keeper.giveUp(error)
    else this.#transfer?.fail(error)
  }

  /** Ends a transfer whose other side is not there, with `error`, whatever it itself ends with. */
  async #giveUp(error: ShareError): Promise<void> {
    const transfer = this.#transfer
    this.#transfer = undefined
    if (transfer) await stopTransfer(transfer, error)
    this.#fail(error)
  }

  #fail(thrown: unknown): void {
    this.#outcome.reject(toShareError(thrown))
  }

  #diagnose(diagnostic: Diagnostic): void {
    this.#init.onDiagnostic?.(diagnostic)
  }
}

const RESTARTED_LATE =
  'The sender was started again; what it has is compared with what is saved already'
const REPLACED = 'The transfer goes on with somebody else who has the code'
