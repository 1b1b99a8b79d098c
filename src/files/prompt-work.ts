import { setImmediate } from 'node:timers/promises'

/** Slower than this, and the answer did not come from the system's memory. */
const SLOW_MS = 2
/** So many pieces of work then go to the background before it is tried again. */
const BACKGROUND_PIECES = 64
/** So long at a time, and everybody else in this process has a turn. */
const TURN_MS = 3

/**
 * Small pieces of work on files, done at once as long as the system answers at once: for thousands of
 * small files the way to another thread and back costs more than the work. Where a disk or a network
 * has to be waited for, it is waited for in the background, several pieces side by side.
 */
export class PromptWork {
  #backgroundPieces = 0
  #turnEndsMs = Number.NEGATIVE_INFINITY
  #nextTurn: Promise<unknown> | undefined

  /** Does one piece of work in one of the two ways, which have to come to the same. */
  async run<Result>(atOnce: () => Result, inBackground: () => Promise<Result>): Promise<Result> {
    if (this.#backgroundPieces > 0) {
      this.#backgroundPieces -= 1
      return inBackground()
    }
    while (performance.now() > this.#turnEndsMs) await this.#takeTurn()
    const startedMs = performance.now()
    try {
      return atOnce()
    } finally {
      if (performance.now() - startedMs > SLOW_MS) this.#backgroundPieces = BACKGROUND_PIECES
    }
  }

  async #takeTurn(): Promise<void> {
    this.#nextTurn ??= setImmediate().then(() => {
      this.#nextTurn = undefined
      this.#turnEndsMs = performance.now() + TURN_MS
    })
    await this.#nextTurn
  }
}
