import { COUNTED_KEPT_MS, MAX_COUNTED_KEPT_ENTRIES, RECENT_CHANGE_MS } from '../limits.ts'
import type { WalkedEntry } from './walked-entry.ts'

/**
 * What counting found, for a list that begins right after it and so need not look again: all of it or
 * nothing, for a moment only, and only where nothing was changed lately.
 */
export class CountedEntries {
  readonly #recentMs = Date.now() - RECENT_CHANGE_MS
  readonly #timer = setTimeout(() => this.drop(), COUNTED_KEPT_MS).unref()
  #found: (readonly WalkedEntry[])[] | undefined = []
  #count = 0
  #isWhole = false

  /** Takes the next entries; their order is that of the list. */
  add(entries: readonly WalkedEntry[]): void {
    if (this.#found === undefined) return
    this.#count += entries.length
    this.#found.push(entries)
    const isTooMuch = this.#count > MAX_COUNTED_KEPT_ENTRIES
    if (isTooMuch || entries.some(({ modifiedMs }) => modifiedMs > this.#recentMs)) this.drop()
  }

  /** Nothing is missing. */
  end(): void {
    this.#isWhole = true
  }

  /** Hands it over, to the first who asks; undefined where it is not whole, or of no use. */
  take(): readonly (readonly WalkedEntry[])[] | undefined {
    const found = this.#isWhole ? this.#found : undefined
    this.drop()
    return found
  }

  drop(): void {
    clearTimeout(this.#timer)
    this.#found = undefined
  }
}
