import { ShareError } from '../errors.ts'
import { MAX_ENTRIES, MAX_PATH_BYTES, MAX_PATH_DEPTH } from '../limits.ts'
import { printable } from '../printable.ts'
import { foldedPath } from './folded-path.ts'
import { type IncomingEntry, type IncomingOffer, nameOf, parentOf } from './incoming-entry.ts'
import { NameSet } from './name-set.ts'
import { assertSafeName } from './safe-name.ts'

/** Where the only root is staged when its offered name is not safe, and the user chose another. */
const ROOT_ALIAS = 'root'

const RENAME_HINT = 'Ask the other side to rename it.'

/** Checks the entries of one offer, in the order of their list. */
export class EntryCheck {
  readonly #offer: IncomingOffer
  readonly #names: NameSet
  /** The first component of all paths as they are staged; undefined where there are several. */
  readonly #root: string | undefined
  #next = 0

  /** With `remembersFiles`, `has` tells of files too. */
  constructor(offer: IncomingOffer, { remembersFiles }: { remembersFiles: boolean }) {
    this.#offer = offer
    this.#names = new NameSet({ remembersFiles })
    if (offer.kind !== 'several') this.#root = isSafe(offer.name) ? offer.name : ROOT_ALIAS
  }

  /** How many entries have passed. */
  get count(): number {
    return this.#next
  }

  /**
   * Whether what is called `path` on disk is an entry that has passed. Other systems than Linux may
   * spell it in their own way, and do not have two spellings side by side.
   */
  has(path: string, kind: 'file' | 'directory'): boolean {
    if (process.platform !== 'linux') return this.#names.hasSpelling(path)
    return kind === 'file' ? this.#names.hasFile(path) : this.#names.hasDirectory(path)
  }

  /**
   * The entries with the paths under which they are staged: the offered ones, but for an unsafe
   * name of an only root, which the user has replaced. `known` are paths that a message may name.
   * Throws `unsafe-name` for what is not one path on every system, or not only one; `protocol` for
   * a list that no sender makes, `incompatible` for one that is too long.
   */
  take(
    first: number,
    entries: readonly IncomingEntry[],
    known: () => Iterable<string> = () => [],
  ): IncomingEntry[] {
    if (first !== this.#next) {
      throw new ShareError('protocol', `The other side lists entry ${first} as ${this.#next}`)
    }
    if (first + entries.length > MAX_ENTRIES) {
      const limit = MAX_ENTRIES.toLocaleString('en')
      throw new ShareError('incompatible', `The other side sends more than ${limit} files`)
    }
    const taken: IncomingEntry[] = []
    for (const entry of entries) {
      const path = this.#stagedPath(entry)
      this.#assertPlace(path, entry)
      assertSize(entry)
      if (!this.#names.add(path, entry.kind)) {
        throw collision(path, [...taken.map((other) => other.path), ...known()])
      }
      taken.push({ ...entry, path })
    }
    this.#next += entries.length
    return taken
  }

  #stagedPath({ path }: IncomingEntry): string {
    const { name } = this.#offer
    if (this.#root === undefined) return path
    if (path === name || path.startsWith(`${name}/`)) return this.#root + path.slice(name.length)
    assertSafeComponents(path)
    throw new ShareError('protocol', `"${printable(path)}" is no part of what was offered`)
  }

  #assertPlace(path: string, { kind }: IncomingEntry): void {
    if (Buffer.byteLength(path) > MAX_PATH_BYTES || depthOf(path) > MAX_PATH_DEPTH) {
      throw new ShareError(
        'unsafe-name',
        `The offered path "${printable(path)}" has more than ${MAX_PATH_DEPTH} parts or ${MAX_PATH_BYTES} bytes`,
        { hint: RENAME_HINT },
      )
    }
    const parent = parentOf(path)
    if (parent === '' && !path.startsWith('/')) {
      assertSafeComponents(path)
      if (this.#root === undefined || kind === this.#offer.kind) return
      throw new ShareError('protocol', `"${printable(path)}" is no ${this.#offer.kind}`)
    }
    // What was listed before is safe.
    if (!this.#names.hasDirectory(parent)) {
      assertSafeComponents(path)
      throw new ShareError('protocol', `"${printable(path)}" comes without its directory`)
    }
    assertSafeComponents(path, [nameOf(path)])
  }
}

function assertSafeComponents(path: string, names: readonly string[] = path.split('/')): void {
  try {
    names.forEach(assertSafeName)
  } catch (thrown) {
    if (!(thrown instanceof ShareError) || !path.includes('/')) throw thrown
    throw new ShareError(thrown.code, thrown.message, { cause: thrown, hint: RENAME_HINT })
  }
}

function isSafe(name: string): boolean {
  try {
    return assertSafeName(name) === name
  } catch {
    return false
  }
}

function depthOf(path: string): number {
  let depth = 1
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) depth++
  return depth
}

function assertSize({ path, kind, bytes }: IncomingEntry): void {
  if (kind === 'directory' ? bytes === 0 : bytes === null || isSize(bytes)) return
  throw new ShareError('protocol', `"${printable(path)}" has an impossible size`)
}

function isSize(bytes: number): boolean {
  return Number.isSafeInteger(bytes) && bytes >= 0
}

/** Names the other one too, where it is still known. */
function collision(path: string, known: readonly string[]): ShareError {
  const folded = foldedPath(path)
  const other = known.find((candidate) => foldedPath(candidate) === folded)
  if (other === path || other === undefined) {
    return new ShareError(
      'unsafe-name',
      `"${printable(path)}" is offered twice, or once more in another spelling`,
      { hint: RENAME_HINT },
    )
  }
  return new ShareError(
    'unsafe-name',
    `"${printable(other)}" and "${printable(path)}" are one name on some systems`,
    { hint: RENAME_HINT },
  )
}
