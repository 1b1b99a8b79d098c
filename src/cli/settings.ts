import type { Options } from 'yargs'
import { isYes } from './environment.ts'

/** Of each of these a command takes one; one that is chosen nearer replaces another that is not. */
const ALTERNATIVES: readonly (readonly string[])[] = [
  ['overwrite', 'rename', 'skip'],
  ['to', 'code', 'code-file'],
  ['json', 'quiet'],
  ['direct-only', 'relay-only'],
  ['receivers', 'keep'],
]

/**
 * The values of `flags` that are not on the command line: what `layers` say, each by the name of the
 * flag, of which the first comes first. `argv` tells which were chosen already.
 */
export function settingsOf(
  flags: Record<string, Options>,
  argv: readonly string[],
  layers: readonly ReadonlyMap<string, string>[],
): Record<string, string | boolean> {
  const named = new Set(argv.map(flagName))
  const chosen = new Set(argv.filter((word) => !word.startsWith('--no-')).map(flagName))
  const values: Record<string, string | boolean> = {}
  for (const layer of layers) {
    const found = Object.entries(flags).flatMap(
      ([name, { type }]): [string, string | boolean][] => {
        const value = layer.get(name)
        if (value === undefined || named.has(name) || isReplaced(name, chosen)) return []
        return [[name, type === 'boolean' ? isYes(value) : value]]
      },
    )
    for (const [name, value] of found) {
      values[name] = value
      named.add(name)
      if (value !== false) chosen.add(name)
    }
  }
  return values
}

function isReplaced(name: string, chosen: ReadonlySet<string | undefined>): boolean {
  const others = ALTERNATIVES.find((names) => names.includes(name)) ?? []
  return others.some((other) => other !== name && chosen.has(other))
}

/** The name in `--name`, `--no-name`, `--name=value` or `-n`. */
export function flagName(word: string): string | undefined {
  return /^--?(?:no-)?([^-=][^=]*)/.exec(word)?.[1]
}
