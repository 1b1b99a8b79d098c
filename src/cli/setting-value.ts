import type { Options } from 'yargs'
import { isNo, isYes } from './environment.ts'
import { mayRepeat } from './flags.ts'

/** A value of a flag as the file of settings has it. */
export type SettingValue = string | number | boolean | string[]

/**
 * What the environment would have in the place of `value`: several are a line each. Undefined where
 * the flag with `options` takes nothing of the kind.
 */
export function settingText(options: Options, value: unknown): string | undefined {
  const { type, requiresArg } = options
  if (type === 'number') return Number.isFinite(value) ? String(value) : undefined
  if (typeof value === 'boolean' && (type === 'boolean' || (value && !requiresArg))) {
    return value ? 'yes' : 'no'
  }
  const texts: unknown[] = mayRepeat(options) && Array.isArray(value) ? value : [value]
  const isText = texts.length > 0 && texts.every((text) => typeof text === 'string' && text !== '')
  return isText && type !== 'boolean' ? texts.join('\n') : undefined
}

/** What `words` of a command line are in the file; undefined where they are no such value. */
export function settingValue(options: Options, words: readonly string[]): SettingValue | undefined {
  const [word = ''] = words
  if (word === '' || (words.length > 1 && !mayRepeat(options))) return undefined
  if (options.type === 'number') return Number.isFinite(Number(word)) ? Number(word) : undefined
  if (options.type !== 'boolean') return words.length > 1 ? [...words] : word
  if (isYes(word)) return true
  return isNo(word) ? false : undefined
}

/** What the values of a flag are, to be told to somebody who wrote another. */
export function expectedValue(options: Options): string {
  if (options.type === 'boolean') return 'true or false'
  if (options.type === 'number') return 'a number'
  return mayRepeat(options) ? 'a text or a list of texts' : 'a text'
}
