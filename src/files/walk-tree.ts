import type { BigIntStats } from 'node:fs'
import { join, sep } from 'node:path'
import { throwIfAborted } from '../errors.ts'
import { WALK_AHEAD_ENTRIES } from '../limits.ts'
import { DirectoryReader, type FoundName } from './directory-reader.ts'
import type { Exclusions } from './exclusions.ts'
import { fileError, withFileErrors } from './file-error.ts'
import { changed, isGone, look, lookAtOnce } from './listed-file.ts'
import { PromptWork } from './prompt-work.ts'
import type { Root } from './roots.ts'
import type { SkippedLinks } from './skipped-links.ts'
import { followLink } from './tree-link.ts'
import { assertSendable, type Place, type WalkedEntry, walkedEntry } from './walked-entry.ts'

export interface WalkOptions {
  readonly exclusions: Exclusions
  /** Whether symbolic links within a tree are followed, where they do not lead out of it. */
  readonly follow: boolean
  /** Is told of links that are left out. */
  readonly skipped: Pick<SkippedLinks, 'add'>
  readonly signal: AbortSignal
}

/**
 * Everything to be sent, some entries at a time, depth first, parents before children; what vanishes
 * meanwhile is left out.
 * Directories are read piece by piece: memory grows with the depth only.
 * Throws `not-found` for a root; `not-a-file`, `unsafe-name`, `permission`, `file-changed` or
 * `file-failed` for anything; and why the signal was aborted.
 */
export async function* walkTrees(
  roots: readonly Root[],
  options: WalkOptions,
): AsyncGenerator<readonly WalkedEntry[], void, void> {
  for (const root of roots) yield* new TreeWalk(root, options).entries()
}

/** A directory that is being walked. */
interface Level {
  readonly entry: WalkedEntry
  readonly reader: DirectoryReader
  readonly exclusions: Exclusions
  /** What the location of everything in it begins with. */
  readonly prefix: string
  /** Directories of the names read last, to be entered; looked at when it is their turn. */
  readonly ahead: FoundName[]
}

/** Where something stands under a name that was found. */
interface FoundPlace extends Place {
  readonly found: FoundName
  /** What a look at it says; undefined before, and where it is gone. */
  stats: BigIntStats | undefined
}

interface FoundEntry {
  readonly found: FoundName
  readonly entry: WalkedEntry
}

class TreeWalk {
  readonly #root: Root
  readonly #options: WalkOptions
  /** The directories on the way from the root to where the walk is. */
  readonly #levels: Level[] = []
  readonly #prompt = new PromptWork()

  constructor(root: Root, options: WalkOptions) {
    this.#root = root
    this.#options = options
  }

  async *entries(): AsyncGenerator<readonly WalkedEntry[], void, void> {
    const { exclusions, signal } = this.#options
    throwIfAborted(signal)
    try {
      const root = await this.#lookAtRoot()
      yield [root]
      if (root.kind === 'directory') await this.#enter(root, exclusions)
      for (let level = this.#levels.at(-1); level !== undefined; level = this.#levels.at(-1)) {
        throwIfAborted(signal)
        const next = level.ahead.shift()
        if (next === undefined) {
          yield await this.#advance(level)
          continue
        }
        for (const { entry } of await this.#examine(level, [next])) {
          yield [entry]
          if (entry.kind === 'directory') await this.#enter(entry, level.exclusions)
        }
      }
    } finally {
      for (const { reader } of this.#levels) await reader.close().catch(() => undefined)
    }
  }

  async #lookAtRoot(): Promise<WalkedEntry> {
    const { name, path, location } = this.#root
    const stats = await withFileErrors('open', path, () => look(location, true))
    return walkedEntry({ path: name, location, isFollowed: true }, stats)
  }

  /** The files among the next names; directories are put aside, and files do not wait for them. */
  async #advance(level: Level): Promise<WalkedEntry[]> {
    const found = await withFileErrors('read', level.entry.path, () =>
      level.reader.next(WALK_AHEAD_ENTRIES),
    )
    if (found.length === 0) {
      this.#levels.pop()
      await level.reader.close().catch(() => undefined)
      return []
    }
    const files: WalkedEntry[] = []
    level.ahead.push(...found.filter(({ isDirectory }) => isDirectory))
    const others = found.filter(({ isDirectory }) => !isDirectory)
    for (const { found: name, entry } of await this.#examine(level, others)) {
      if (entry.kind === 'directory') level.ahead.push(name)
      else files.push(entry)
    }
    return files
  }

  /** What is there under these names, without what is to be left out, or gone. */
  async #examine(level: Level, names: readonly FoundName[]): Promise<FoundEntry[]> {
    const places = names.flatMap((found) => this.#placeOf(level, found) ?? [])
    await this.#prompt.runAll(
      places,
      (place) => {
        place.stats = lookUnlessGoneAtOnce(place)
        return undefined
      },
      async (place) => {
        place.stats = await lookUnlessGone(place)
      },
    )
    const entries: FoundEntry[] = []
    for (const place of places) {
      const { stats } = place
      if (stats === undefined) continue
      const entry = stats.isSymbolicLink()
        ? await this.#behindLink(level, place)
        : walkedEntry(place, stats)
      if (entry !== undefined) entries.push({ found: place.found, entry })
    }
    return entries
  }

  /** Undefined for what is to be left out. */
  #placeOf({ entry, exclusions, prefix }: Level, found: FoundName): FoundPlace | undefined {
    const path = `${entry.path}/${found.name}`
    if (exclusions.excludes(this.#inside(path), found.isDirectory)) return undefined
    // A link that is left out may be called anything.
    if (this.#options.follow || !found.isSymbolicLink) assertSendable(path, found)
    return { found, path, location: prefix + found.name, isFollowed: false, stats: undefined }
  }

  async #behindLink(level: Level, { path, location }: Place): Promise<WalkedEntry | undefined> {
    if (this.#options.follow) return this.#follow(level, path, location)
    this.#options.skipped.add(path, 'is a symbolic link')
    return undefined
  }

  async #follow(
    { exclusions }: Level,
    path: string,
    location: string,
  ): Promise<WalkedEntry | undefined> {
    const target = await followLink(location, path, this.#root.realLocation)
    if (typeof target === 'string') {
      this.#options.skipped.add(path, `is a symbolic link that ${target}`)
      return undefined
    }
    if (target.isDirectory()) {
      if (exclusions.excludes(this.#inside(path), true)) return undefined
      const { dev, ino } = target
      if (
        this.#levels.some(({ entry: { version } }) => version.dev === dev && version.ino === ino)
      ) {
        this.#options.skipped.add(path, 'is a symbolic link to a directory that it is in')
        return undefined
      }
    }
    return walkedEntry({ path, location, isFollowed: true }, target)
  }

  async #enter(entry: WalkedEntry, exclusions: Exclusions): Promise<void> {
    const { path, location, version } = entry
    const inside = await exclusions.enter(this.#inside(path), location)
    await withFileErrors('read', path, async () => {
      let reader: DirectoryReader
      try {
        reader = await DirectoryReader.open(location, this.#prompt)
      } catch (thrown) {
        if (isGone(thrown)) return
        throw thrown
      }
      const prefix = join(location, sep)
      this.#levels.push({ entry, reader, exclusions: inside, prefix, ahead: [] })
      // A link that was put in its place could lead anywhere.
      const now = await this.#prompt.run(
        () => lookUnlessGoneAtOnce(entry),
        () => lookUnlessGone(entry),
      )
      const isSame = now?.isDirectory() && now.dev === version.dev && now.ino === version.ino
      if (!isSame) throw changed(path)
    })
  }

  /** A path without the root's name, as exclusions see it. */
  #inside(path: string): string {
    return path.slice(this.#root.name.length + 1)
  }
}

async function lookUnlessGone(place: Place): Promise<BigIntStats | undefined> {
  try {
    return await look(place.location, place.isFollowed)
  } catch (thrown) {
    return goneAs(thrown, place)
  }
}

function lookUnlessGoneAtOnce(place: Place): BigIntStats | undefined {
  try {
    return lookAtOnce(place.location, place.isFollowed)
  } catch (thrown) {
    return goneAs(thrown, place)
  }
}

/** Undefined where that says that nothing is there; throws what else it is. */
function goneAs(thrown: unknown, { path }: Place): undefined {
  if (!isGone(thrown)) throw fileError(thrown, 'look at', path)
}
