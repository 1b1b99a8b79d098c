import type { Options } from 'yargs'
import { ShareError } from '../errors.ts'
import { MAX_WORDS, MIN_WORDS } from '../limits.ts'
import type { OutputMode } from './command.ts'
import { type Environment, isYes } from './environment.ts'

/** The flags' values from the environment, as the parser takes those of a configuration file. */
export function twins(
  flags: Record<string, Options>,
  environment: Environment,
): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const [name, { type }] of Object.entries(flags)) {
    const value = environment.flags.get(name)
    if (value !== undefined) values[name] = type === 'boolean' ? isYes(value) : value
  }
  return values
}

/** JSON lines are already all that is written then, so `quiet` adds nothing to them. */
export function outputMode(args: {
  json: boolean | undefined
  quiet: boolean | undefined
}): OutputMode {
  if (args.json) return 'json'
  return args.quiet ? 'quiet' : 'text'
}

/** Throws ShareError `usage` unless a code can have so many words. */
export function wordCount(value: number | undefined): number | undefined {
  if (
    value === undefined ||
    (Number.isInteger(value) && value >= MIN_WORDS && value <= MAX_WORDS)
  ) {
    return value
  }
  throw new ShareError('usage', `A code has ${MIN_WORDS} to ${MAX_WORDS} words`)
}

/** Throws ShareError `usage` unless it is one. */
export function portNumber(value: number | undefined): number | undefined {
  if (value === undefined || (Number.isInteger(value) && value >= 0 && value <= 65_535)) {
    return value
  }
  throw new ShareError('usage', 'A port is a number from 0 to 65535')
}

/** An object with the one property, or without it where there is no value. */
export function given<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { [key in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: value } as { [key in Name]: Value })
}
