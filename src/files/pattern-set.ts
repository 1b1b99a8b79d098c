import ignore, { type Ignore } from 'ignore'
import { ShareError } from '../errors.ts'
import { MAX_REMEMBERED_MATCHES } from '../limits.ts'
import { printable } from '../printable.ts'

/** As the file systems that are usual there, and as git does it. */
const IGNORES_CASE = process.platform === 'win32' || process.platform === 'darwin'

/** Patterns with the meaning of those in a .gitignore, for what is below one directory. */
export class PatternSet {
  readonly #directory: string
  #rules: Ignore
  #asked = 0

  /**
   * For the directory at `directory` within its tree ('' for the tree's root): the text of a file,
   * or patterns one by one.
   */
  constructor(directory: string, patterns: string | readonly string[] | Ignore) {
    this.#directory = directory
    this.#rules = newRules().add(
      isList(patterns) ? patterns.map((pattern) => ({ pattern })) : patterns,
    )
  }

  /** What the last pattern that matches `path` says; it must be below the directory. */
  judge(path: string, isDirectory: boolean): 'excluded' | 'included' | undefined {
    this.#forget()
    const { ignored, unignored } = this.#rules.test(this.#inside(path) + (isDirectory ? '/' : ''))
    if (ignored) return 'excluded'
    return unignored ? 'included' : undefined
  }

  /**
   * These patterns for what is in the directory at `path`, which is not left out whatever they say
   * of it; they go on to apply to what is in it.
   */
  within(path: string): PatternSet {
    if (this.judge(path, true) !== 'excluded') return this
    const literal = this.#inside(path).replace(/[\\*?[\]]/g, '\\$&')
    const rules = newRules()
      .add(this.#rules)
      .add([{ pattern: `!/${literal}/` }])
    return new PatternSet(this.#directory, rules)
  }

  #inside(path: string): string {
    return this.#directory === '' ? path : path.slice(this.#directory.length + 1)
  }

  /** The matcher remembers every answer, which would take as much memory as the tree has names. */
  #forget(): void {
    this.#asked++
    if (this.#asked < MAX_REMEMBERED_MATCHES) return
    this.#asked = 0
    this.#rules = newRules().add(this.#rules)
  }
}

function newRules(): Ignore {
  return ignore({ ignoreCase: IGNORES_CASE })
}

function isList(patterns: string | readonly string[] | Ignore): patterns is readonly string[] {
  return Array.isArray(patterns)
}

/** Throws `usage` for a pattern that git would silently let match nothing. */
export function assertPattern(pattern: string): void {
  const danger = patternDanger(pattern)
  if (danger === undefined) return
  throw new ShareError('usage', `The pattern "${printable(pattern)}" ${danger}`, {
    hint: 'Patterns are those of a .gitignore, like "*.log", "build/" or "/docs/*.pdf".',
  })
}

function patternDanger(pattern: string): string | undefined {
  if (pattern.startsWith('#')) return 'is a comment; write \\# for a name that begins with #'
  const body = pattern.replace(/^!/, '')
  if (/^[ /]*$/.test(body)) return 'matches nothing'
  const unquoted = body.replace(/\\./gs, 'x')
  if (unquoted.includes('\\')) return 'ends in a backslash'
  if (unquoted.split('/').some((part) => part === '.' || part === '..')) {
    return 'has a "." or ".." for a directory'
  }
  if (unquoted.replace(/\[(?:[!^].|[^!^])(?:\[:\w*:\]|[^\]])*\]/gs, 'x').includes('[')) {
    return 'has a [ without its ]'
  }
  return undefined
}
