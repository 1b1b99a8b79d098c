import { ShareError, throwIfAborted } from '../errors.ts'
import {
  LOOKOUT_DELAY_MS,
  MAX_RENDEZVOUS_RETRY_DELAY_MS,
  RENDEZVOUS_RETRY_DELAY_MS,
} from '../limits.ts'
import { Pause } from './pause.ts'
import type { Place } from './place.ts'
import type { Session } from './session.ts'

export interface LookoutInit {
  /** Takes up the place. May throw: then it is tried again. */
  open: (signal: AbortSignal) => Place | Promise<Place>
  /** How long to wait before the place is first taken up. */
  delayMs?: number
  /** Takes each session as it is made, which is then its own to close. */
  onSession: (session: Session) => void
  /**
   * Called once, when the secret may have been guessed at; nothing comes after it. Without it the
   * secret is one that nobody guesses, and the lookout goes on.
   */
  onSpent?: () => void
}

/**
 * Waits at a place for the other side, whatever happens to the place, and again after each time
 * that somebody came: until it is closed, or its secret is spent.
 */
export class Lookout {
  readonly #init: LookoutInit
  readonly #stop = new AbortController()
  readonly #running: Promise<void>
  readonly #leaving = new Set<Promise<void>>()
  #place: Place | undefined
  #isSpent = false
  #isRetired = false
  readonly #pause = new Pause()

  constructor(init: LookoutInit) {
    this.#init = init
    this.#running = this.#run()
  }

  /** Whether somebody is there who has proved to know the secret, and is being connected. */
  get isEstablished(): boolean {
    return this.#place?.isEstablished ?? false
  }

  /** Ends a pause, so that the place is taken up now. */
  hurry(): void {
    this.#pause.end()
  }

  /** Gives the place up. A session that was handed over lives on. Never throws. */
  async close(): Promise<void> {
    this.#stop.abort(new ShareError('cancelled', 'Nobody is waited for any more'))
    this.#pause.end()
    this.#noteGuess()
    await this.#place?.close()
    await this.#running
    await Promise.all(this.#leaving)
  }

  /**
   * Gives the place up as `close` does, but not in the middle of a greeting: a secret that somebody
   * may have heard of is good for nobody else. Never throws.
   */
  async retire(): Promise<void> {
    this.#isRetired = true
    this.#pause.end()
    if (!this.#place?.isSpent) await this.close()
    await this.#running
  }

  async #run(): Promise<void> {
    if (this.#init.delayMs !== undefined) await this.#pause.wait(this.#init.delayMs)
    let delayMs = RENDEZVOUS_RETRY_DELAY_MS
    while (!this.#isOver) {
      const hasMet = await this.#meet()
      if (hasMet) delayMs = RENDEZVOUS_RETRY_DELAY_MS
      // Whoever was met is still about to leave the place.
      if (!this.#isOver) await this.#pause.wait(hasMet ? LOOKOUT_DELAY_MS : delayMs)
      delayMs = Math.min(2 * delayMs, MAX_RENDEZVOUS_RETRY_DELAY_MS)
    }
  }

  get #isOver(): boolean {
    return this.#stop.signal.aborted || this.#isSpent || this.#isRetired
  }

  /** Whether somebody came. The session is handed over at once: its lane may be spoken on already. */
  async #meet(): Promise<boolean> {
    try {
      this.#place = await this.#init.open(this.#stop.signal)
      throwIfAborted(this.#stop.signal)
      const session = await this.#place.session
      if (this.#stop.signal.aborted) session.close()
      else this.#init.onSession(session)
      return true
    } catch {
      this.#noteGuess()
      return false
    } finally {
      this.#leave()
    }
  }

  #leave(): void {
    const leaving = this.#place?.close()
    this.#place = undefined
    if (leaving === undefined) return
    this.#leaving.add(leaving)
    void leaving.finally(() => this.#leaving.delete(leaving))
  }

  #noteGuess(): void {
    const { onSpent } = this.#init
    if (onSpent === undefined || this.#isSpent || !this.#place?.isSpent) return
    this.#isSpent = true
    onSpent()
  }
}
