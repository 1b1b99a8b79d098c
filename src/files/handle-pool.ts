import type { FileHandle } from 'node:fs/promises'

interface PooledHandle {
  readonly opening: Promise<FileHandle>
  users: number
}

/** Keeps at most so many files open, and closes the one that rested longest for another. */
export class HandlePool {
  readonly #limit: number
  /** The one used last at the end. */
  readonly #handles = new Map<string, PooledHandle>()
  readonly #waiting: (() => void)[] = []
  #isClosed = false

  constructor(limit: number) {
    this.#limit = limit
  }

  /** How many are open or being opened. */
  get size(): number {
    return this.#handles.size
  }

  /**
   * Runs `work` with the file called `key`, which stays open that long; `open` opens it where it is
   * not. Waits while all are at work.
   */
  async use<Result>(
    key: string,
    open: () => Promise<FileHandle>,
    work: (handle: FileHandle) => Promise<Result>,
  ): Promise<Result> {
    const pooled = await this.#take(key, open)
    try {
      return await work(await pooled.opening)
    } finally {
      pooled.users--
      if (pooled.users === 0) this.#wakeAll()
    }
  }

  /** Closes the file, if it is open, once nobody uses it. Throws what closing throws. */
  async close(key: string): Promise<void> {
    for (;;) {
      const pooled = this.#handles.get(key)
      if (pooled === undefined) return
      if (pooled.users === 0) return this.#drop(key, pooled)
      await this.#turn()
    }
  }

  /** Closes everything once nobody uses it; nothing can be used any more. */
  async closeAll(): Promise<void> {
    this.#isClosed = true
    const keys = [...this.#handles.keys()]
    const closed = await Promise.allSettled(keys.map((key) => this.close(key)))
    for (const result of closed) if (result.status === 'rejected') throw result.reason
  }

  async #take(key: string, open: () => Promise<FileHandle>): Promise<PooledHandle> {
    for (;;) {
      if (this.#isClosed) throw new TypeError('the staging has ended')
      const found = this.#handles.get(key)
      if (found !== undefined || this.#handles.size < this.#limit) {
        return this.#use(key, found ?? { opening: open(), users: 0 })
      }
      const idle = [...this.#handles].find(([, { users }]) => users === 0)
      if (idle === undefined) await this.#turn()
      else await this.#drop(...idle)
    }
  }

  #use(key: string, pooled: PooledHandle): PooledHandle {
    pooled.users++
    this.#handles.delete(key)
    this.#handles.set(key, pooled)
    // One that could not be opened is tried again by the next.
    pooled.opening.catch(() => {
      if (this.#handles.get(key) === pooled) this.#handles.delete(key)
      this.#wakeAll()
    })
    return pooled
  }

  async #drop(key: string, pooled: PooledHandle): Promise<void> {
    this.#handles.delete(key)
    try {
      const handle = await pooled.opening.catch(() => undefined)
      await handle?.close()
    } finally {
      this.#wakeAll()
    }
  }

  async #turn(): Promise<void> {
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /** Whoever waits for something else goes on waiting. */
  #wakeAll(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}
