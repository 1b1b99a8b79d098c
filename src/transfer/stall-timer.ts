import { ShareError } from '../errors.ts'
import { STALL_TIMEOUT_MS } from '../limits.ts'

/** Gives up on a transfer in which nothing has happened for STALL_TIMEOUT_MS. */
export class StallTimer {
  readonly #onStall: (error: ShareError) => void
  #timer: NodeJS.Timeout | undefined

  constructor(onStall: (error: ShareError) => void) {
    this.#onStall = onStall
  }

  /** Something happened. */
  restart(): void {
    if (this.#timer) {
      this.#timer.refresh()
      return
    }
    this.#timer = setTimeout(
      () => this.#onStall(new ShareError('interrupted', 'Nothing has happened for ten minutes')),
      STALL_TIMEOUT_MS,
    )
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}
