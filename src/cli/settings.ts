import type { Options } from 'yargs'
import { type Environment, isYes } from './environment.ts'

/** Of each of these a command takes one; one that is chosen nearer replaces another that is not. */
const ALTERNATIVES: readonly (readonly string[])[] = [
  ['overwrite', 'rename', 'skip'],
  ['to', 'code', 'code-file'],
  ['json', 'quiet'],
]

/**
 * The values of `flags` that are not on the command line: what the environment says. `argv` tells
 * which were chosen already.
 */
export function settingsOf(
  flags: Record<string, Options>,
  argv: readonly string[],
  environment: Environment,
): Record<string, string | boolean> {
  const named = new Set(argv.map(flagName))
  const chosen = new Set(argv.filter((word) => !word.startsWith('--no-')).map(flagName))
  const values = Object.entries(flags).flatMap(([name, { type }]): [string, string | boolean][] => {
    const value = environment.flags.get(name)
    if (value === undefined || named.has(name) || isReplaced(name, chosen)) return []
    return [[name, type === 'boolean' ? isYes(value) : value]]
  })
  return Object.fromEntries(values)
}

function isReplaced(name: string, chosen: ReadonlySet<string | undefined>): boolean {
  const others = ALTERNATIVES.find((names) => names.includes(name)) ?? []
  return others.some((other) => other !== name && chosen.has(other))
}

/** The name in `--name`, `--no-name`, `--name=value` or `-n`. */
export function flagName(word: string): string | undefined {
  return /^--?(?:no-)?([^-=][^=]*)/.exec(word)?.[1]
}
