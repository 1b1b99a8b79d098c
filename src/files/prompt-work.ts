/** Slower than this, and the answer did not come from the system's memory. */
const SLOW_MS = 2
/**
 * So many pieces of work then go to the background before it is tried again, and twice as many each
 * time that it is slow again: a thread that only had to wait for a processor was slow once.
 */
const FIRST_BACKGROUND_PIECES = 8
const MAX_BACKGROUND_PIECES = 256
/** So long at a time, and everybody else in this process has a turn. */
const TURN_MS = 3

/**
 * Small pieces of work on files, done at once as long as the system answers at once: for thousands of
 * small files the way to another thread and back costs more than the work. Where a disk or a network
 * has to be waited for, it is waited for in the background, several pieces side by side.
 */
export class PromptWork {
  /** What waits for a turn. It is not woken before: thousands may wait, for a few in each turn. */
  #waiting: (() => void)[] = []
  #turn: NodeJS.Immediate | undefined
  #turnEndsMs = Number.NEGATIVE_INFINITY
  #backgroundPieces = 0
  #nextBackgroundPieces = FIRST_BACKGROUND_PIECES

  /** Does one piece of work in one of the two ways, which have to come to the same. */
  run<Result>(
    atOnce: () => Result | Promise<Result>,
    inBackground: () => Promise<Result>,
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      const work = () => {
        try {
          resolve(this.#isInBackground() ? inBackground() : this.#timed(atOnce))
        } catch (thrown) {
          reject(thrown)
        }
      }
      if (this.#isTurn) work()
      else this.#wait(work)
    })
  }

  /**
   * The same for a piece of work on each item, in order, without a promise for each: `atOnce` may say
   * with one that an item takes longer after all. Once one has failed no other is begun, and what it
   * threw comes out when those that were begun have ended.
   */
  async runAll<Item>(
    items: readonly Item[],
    atOnce: (item: Item) => Promise<void> | undefined,
    inBackground: (item: Item) => Promise<void>,
  ): Promise<void> {
    const longer: Promise<void>[] = []
    let failure: { thrown: unknown } | undefined
    const fail = (thrown: unknown) => {
      failure ??= { thrown }
    }
    let hasTurn = this.#isTurn
    for (const item of items) {
      if (!hasTurn || performance.now() >= this.#turnEndsMs) {
        await new Promise<void>((resolve) => this.#wait(resolve))
        hasTurn = true
      }
      if (failure) break
      try {
        const work = this.#isInBackground() ? inBackground(item) : this.#timed(() => atOnce(item))
        if (work) longer.push(work.catch(fail))
      } catch (thrown) {
        fail(thrown)
      }
    }
    await Promise.all(longer)
    if (failure) throw failure.thrown
  }

  /** Whether work may be done now, before what waits. */
  get #isTurn(): boolean {
    return this.#turn === undefined && performance.now() < this.#turnEndsMs
  }

  #wait(work: () => void): void {
    this.#waiting.push(work)
    this.#turn ??= setImmediate(() => this.#takeTurn())
  }

  #isInBackground(): boolean {
    if (this.#backgroundPieces === 0) return false
    this.#backgroundPieces -= 1
    return true
  }

  #timed<Result>(work: () => Result): Result {
    const startedMs = performance.now()
    try {
      return work()
    } finally {
      this.#judge(performance.now() - startedMs)
    }
  }

  #judge(tookMs: number): void {
    if (tookMs <= SLOW_MS) {
      this.#nextBackgroundPieces = FIRST_BACKGROUND_PIECES
      return
    }
    this.#backgroundPieces = this.#nextBackgroundPieces
    this.#nextBackgroundPieces = Math.min(2 * this.#nextBackgroundPieces, MAX_BACKGROUND_PIECES)
  }

  #takeTurn(): void {
    this.#turn = undefined
    this.#turnEndsMs = performance.now() + TURN_MS
    const waiting = this.#waiting
    let done = 0
    while (done < waiting.length && performance.now() < this.#turnEndsMs) waiting[done++]?.()
    this.#waiting = waiting.slice(done)
    if (this.#waiting.length > 0) this.#turn = setImmediate(() => this.#takeTurn())
  }
}
