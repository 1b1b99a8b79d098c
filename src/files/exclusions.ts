import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { ShareError } from '../errors.ts'
import { MAX_GITIGNORE_BYTES } from '../limits.ts'
import { printable } from '../printable.ts'
import { withFileErrors } from './file-error.ts'
import { isGone } from './listed-file.ts'
import { assertPattern, PatternSet } from './pattern-set.ts'

export interface ExclusionOptions {
  /** Patterns as in a .gitignore at the top of each tree; they win over those of files. */
  readonly exclude?: readonly string[] | undefined
  /** Whether .gitignore files count, and `.git` is left out. */
  readonly gitignore?: boolean | undefined
}

/** What is left out of a tree, as seen from one of its directories. */
export class Exclusions {
  readonly #explicit: PatternSet | undefined
  /** Of .gitignore files, the nearest first; undefined where they do not count. */
  readonly #files: readonly PatternSet[] | undefined

  private constructor(explicit: PatternSet | undefined, files: readonly PatternSet[] | undefined) {
    this.#explicit = explicit
    this.#files = files
  }

  /** Throws `usage` for a pattern that can never match. */
  static of({ exclude = [], gitignore = false }: ExclusionOptions): Exclusions {
    exclude.forEach(assertPattern)
    const explicit = exclude.length === 0 ? undefined : new PatternSet('', exclude)
    return new Exclusions(explicit, gitignore ? [] : undefined)
  }

  /** Whether what is at `path`, given from the tree's root on, is left out. */
  excludes(path: string, isDirectory: boolean): boolean {
    const explicit = this.#explicit?.judge(path, isDirectory)
    if (explicit !== undefined) return explicit === 'excluded'
    if (this.#files === undefined) return false
    if (path === '.git' || path.endsWith('/.git')) return true
    for (const file of this.#files) {
      const verdict = file.judge(path, isDirectory)
      if (verdict !== undefined) return verdict === 'excluded'
    }
    return false
  }

  /**
   * What is left out below the directory at `path` ('' for the root itself), which stands at
   * `location`. Throws `permission` or `file-failed` for a .gitignore that cannot be used.
   */
  async enter(path: string, location: string): Promise<Exclusions> {
    const [explicit, files] =
      path === ''
        ? [this.#explicit, this.#files]
        : [this.#explicit?.within(path), this.#files?.map((set) => set.within(path))]
    if (files === undefined) return new Exclusions(explicit, undefined)
    const text = await readGitignore(location, path)
    const own = text === undefined ? [] : [new PatternSet(path, text)]
    return new Exclusions(explicit, [...own, ...files])
  }
}

/** The text of the .gitignore in the directory at `location`; as for git, a link is none. */
async function readGitignore(location: string, path: string): Promise<string | undefined> {
  const name = path === '' ? '.gitignore' : `${path}/.gitignore`
  const { O_RDONLY, O_NONBLOCK, O_NOCTTY, O_NOFOLLOW } = constants
  return withFileErrors('read', name, async () => {
    let handle: FileHandle
    try {
      const flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW
      handle = await open(join(location, '.gitignore'), flags)
    } catch (thrown) {
      if (isGone(thrown)) return undefined
      throw thrown
    }
    try {
      if (!(await handle.stat()).isFile()) return undefined
      return await readBounded(handle, name)
    } finally {
      await handle.close().catch(() => undefined)
    }
  })
}

async function readBounded(handle: FileHandle, name: string): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  for (;;) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(16 * 1024))
    if (bytesRead === 0) return Buffer.concat(parts).toString()
    parts.push(buffer.subarray(0, bytesRead))
    bytes += bytesRead
    if (bytes <= MAX_GITIGNORE_BYTES) continue
    throw new ShareError(
      'file-failed',
      `"${printable(name)}" is too large for a list of patterns`,
      {
        hint: 'Make it shorter, or send without --gitignore.',
      },
    )
  }
}
