import { abortReason, ShareError, throwIfAborted, toShareError } from '../errors.ts'
import { CountedEntries } from './counted-entries.ts'
import { Exclusions } from './exclusions.ts'
import { assertInPlace } from './listed-file.ts'
import { isSmall, ListedFileReader } from './listed-file-reader.ts'
import {
  assertRange,
  type Counted,
  type Outgoing,
  type OutgoingEntry,
  type WholeFile,
} from './outgoing.ts'
import { lookAtRoots, type Root } from './roots.ts'
import { SkippedLinks } from './skipped-links.ts'
import { type WalkOptions, walkTrees } from './walk-tree.ts'
import type { WalkedEntry } from './walked-entry.ts'

export interface OutgoingTreeOptions {
  /** Patterns as in a .gitignore at the top of each tree, of what is left out. */
  readonly exclude?: readonly string[] | undefined
  /** Whether what git ignores, and `.git` itself, is left out. */
  readonly gitignore?: boolean | undefined
  /** Whether symbolic links are followed, where they do not lead out of their tree. */
  readonly follow?: boolean | undefined
  /** How many files may be open at the same time. */
  readonly descriptors?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Is told, once each, of links that are left out. */
  readonly onWarning?: ((message: string) => void) | undefined
}

/** Files and directories that are sent. */
export interface OutgoingTree extends Outgoing {
  readonly kind: 'file' | 'directory' | 'several'
}

/**
 * Looks whether everything at `paths` is there and can be read, and begins to count it; nothing is
 * listed before it is asked for. Only links that are named themselves are followed in any case.
 * Throws `usage` for paths or patterns that make no sense, `not-found`, `not-a-file`, `permission`,
 * `unsafe-name`, `file-failed`, or why the signal was aborted.
 */
export async function openOutgoingTree(
  paths: readonly string[],
  options: OutgoingTreeOptions = {},
): Promise<OutgoingTree> {
  throwIfAborted(options.signal)
  const exclusions = Exclusions.of(options)
  return new Tree(await lookAtRoots(paths, options.signal), exclusions, options)
}

type Walk = AsyncGenerator<readonly WalkedEntry[], void, void>

class Tree implements OutgoingTree {
  readonly name: string
  readonly kind: 'file' | 'directory' | 'several'
  readonly totals: Promise<Counted>
  readonly #roots: readonly Root[]
  readonly #exclusions: Exclusions
  readonly #follow: boolean
  readonly #stop = new AbortController()
  readonly #signal: AbortSignal
  readonly #reader: ListedFileReader
  #counted: Counted = { files: 0, bytes: 0 }
  readonly #countedEntries = new CountedEntries()
  #walk: Walk | undefined
  /** Found by the walk, and to be listed next. */
  #found: readonly WalkedEntry[] = []
  #isListing = false
  /** What ended the listing; it stays ended. */
  #failure: ShareError | undefined
  /** Entries listed so far. */
  #listed = 0
  /** Files listed and not released, by number. */
  readonly #files = new Map<number, WalkedEntry>()

  constructor(roots: readonly Root[], exclusions: Exclusions, options: OutgoingTreeOptions) {
    const [first] = roots
    const isOnly = first !== undefined && roots.length === 1
    this.name = isOnly ? first.name : `${roots.length} items`
    this.kind = isOnly ? first.kind : 'several'
    this.#roots = roots
    this.#reader = new ListedFileReader(options.descriptors)
    this.#exclusions = exclusions
    this.#follow = options.follow ?? false
    this.#signal = options.signal
      ? AbortSignal.any([options.signal, this.#stop.signal])
      : this.#stop.signal
    const skipped = new SkippedLinks(options.onWarning ?? (() => {}))
    this.totals = this.#count(skipped)
    this.totals.catch(() => {})
  }

  get counted(): Counted {
    return this.#counted
  }

  async list(count: number): Promise<OutgoingEntry[]> {
    if (this.#isListing) throw new TypeError('the next entries are being listed already')
    if (this.#failure !== undefined) throw this.#failure
    this.#isListing = true
    this.#walk ??= this.#beginWalk()
    const walk = this.#walk
    try {
      return await this.#next(walk, count)
    } catch (thrown) {
      const failure = toShareError(thrown)
      if (walk === this.#walk) this.#failure = failure
      throw failure
    } finally {
      this.#isListing = false
    }
  }

  async read(file: number, offset: number, buffer: Uint8Array): Promise<number> {
    const entry = this.#file(file)
    assertRange(offset, buffer.length, entry.bytes)
    throwIfAborted(this.#signal)
    if (buffer.length > 0) await this.#reader.read(entry, offset, buffer)
    return buffer.length
  }

  async readWhole(files: readonly WholeFile[]): Promise<void> {
    throwIfAborted(this.#signal)
    const reads = files.map(({ file: number, content }) => {
      const file = this.#file(number)
      if (content.length !== file.bytes || !isSmall(file)) {
        throw new TypeError(`file ${number} is no small one of ${content.length} bytes`)
      }
      return { file, content }
    })
    await this.#reader.readWhole(reads)
  }

  async finish(file: number): Promise<void> {
    const entry = this.#file(file)
    throwIfAborted(this.#signal)
    // Each read of a small one has looked.
    if (!isSmall(entry)) await assertInPlace(entry)
  }

  release(file: number): void {
    const entry = this.#files.get(file)
    if (entry === undefined) return
    this.#files.delete(file)
    this.#reader.drop(entry)
  }

  async restart(): Promise<void> {
    const walk = this.#walk
    this.#walk = undefined
    this.#found = []
    this.#failure = undefined
    this.#listed = 0
    this.#files.clear()
    this.#reader.dropAll()
    await walk?.return()
  }

  async close(): Promise<void> {
    const reason = this.#signal.aborted
      ? abortReason(this.#signal)
      : new ShareError('cancelled', 'The transfer is over')
    this.#stop.abort(reason)
    this.#countedEntries.drop()
    this.#files.clear()
    await Promise.all([
      this.#walk?.return(),
      this.#reader.close(reason),
      this.totals.catch(() => undefined),
    ])
  }

  async #next(walk: Walk, count: number): Promise<OutgoingEntry[]> {
    throwIfAborted(this.#signal)
    const entries: OutgoingEntry[] = []
    while (entries.length < count) {
      if (this.#found.length === 0) {
        const { value: found } = await walk.next()
        // A walk that was ended looks like one that is over.
        throwIfAborted(this.#signal)
        if (walk !== this.#walk) throw new ShareError('interrupted', 'The list was begun anew')
        if (!found) break
        this.#found = found
      }
      const missing = count - entries.length
      entries.push(...this.#found.slice(0, missing).map((entry) => this.#list(entry)))
      this.#found = this.#found.slice(missing)
    }
    return entries
  }

  #list(entry: WalkedEntry): OutgoingEntry {
    const { path, kind, bytes, mode, modifiedMs } = entry
    if (kind === 'file') this.#files.set(this.#listed, entry)
    this.#listed++
    return { path, kind, bytes, mode, modifiedMs }
  }

  async #count(skipped: SkippedLinks): Promise<Counted> {
    const [root] = this.#roots
    if (this.kind === 'file' && root !== undefined) {
      this.#counted = { files: 1, bytes: root.bytes }
      return this.#counted
    }
    for await (const found of this.#walkAll(skipped)) {
      this.#countedEntries.add(found)
      const sizes = found.flatMap(({ kind, bytes }) => (kind === 'file' ? [bytes] : []))
      this.#counted = {
        files: this.#counted.files + sizes.length,
        bytes: sizes.reduce((sum, bytes) => sum + bytes, this.#counted.bytes),
      }
    }
    throwIfAborted(this.#signal)
    skipped.end()
    this.#countedEntries.end()
    return this.#counted
  }

  #beginWalk(): Walk {
    const counted = this.#countedEntries.take()
    return counted ? walkAgain(counted) : this.#walkAll({ add: () => {} })
  }

  #walkAll(skipped: WalkOptions['skipped']): Walk {
    return walkTrees(this.#roots, {
      exclusions: this.#exclusions,
      follow: this.#follow,
      skipped,
      signal: this.#signal,
    })
  }

  #file(file: number): WalkedEntry {
    const entry = this.#files.get(file)
    if (entry === undefined) throw new TypeError(`there is no file ${file} to read`)
    return entry
  }
}

async function* walkAgain(found: readonly (readonly WalkedEntry[])[]): Walk {
  yield* found
}
