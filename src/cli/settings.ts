import type { Options } from 'yargs'
import { type Environment, isYes } from './environment.ts'

/** What the configuration file can give a flag. */
export type ConfigValue = string | number | boolean | string[]
export type Config = ReadonlyMap<string, ConfigValue>

/** Of each of these a command takes one; one that is chosen nearer replaces another that is not. */
const ALTERNATIVES: readonly (readonly string[])[] = [
  ['overwrite', 'rename', 'skip'],
  ['to', 'code', 'code-file'],
  ['json', 'quiet'],
]

/**
 * The values of `flags` that are not on the command line: what the environment says, and where it
 * says nothing the configuration file. `argv` tells which were chosen already.
 */
export function settingsOf(
  flags: Record<string, Options>,
  argv: readonly string[],
  environment: Environment,
  config: Config,
): Record<string, ConfigValue> {
  const values: Record<string, ConfigValue> = {}
  const named = new Set(argv.map(flagName))
  const chosen = new Set(argv.filter((word) => !word.startsWith('--no-')).map(flagName))
  for (const layer of [environment.flags, config]) {
    const found = Object.entries(flags).flatMap(([name, { type }]): [string, ConfigValue][] => {
      const value = layer.get(name)
      if (value === undefined || named.has(name) || isReplaced(name, chosen)) return []
      return [[name, type === 'boolean' && typeof value === 'string' ? isYes(value) : value]]
    })
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
