import { MAX_TREE_WARNINGS } from '../limits.ts'
import { printable } from '../printable.ts'

/** Tells of symbolic links that are left out: the first ones by name, the others by their number. */
export class SkippedLinks {
  readonly #onWarning: (message: string) => void
  #count = 0

  constructor(onWarning: (message: string) => void) {
    this.#onWarning = onWarning
  }

  /** `reason` is the rest of a sentence about the link. */
  add(path: string, reason: string): void {
    this.#count++
    if (this.#count > MAX_TREE_WARNINGS) return
    this.#onWarning(`"${printable(path)}" ${reason}; it is left out`)
  }

  /** There are no more. */
  end(): void {
    const untold = this.#count - MAX_TREE_WARNINGS
    if (untold > 0) this.#onWarning(`${untold} more symbolic ${plural(untold)} left out`)
  }
}

function plural(count: number): string {
  return count === 1 ? 'link is' : 'links are'
}
