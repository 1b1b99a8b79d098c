import type { Options } from 'yargs'
import { ShareError } from '../errors.ts'
import { doctorFlags, receiveFlags, sendFlags, serveFlags, verifyFlags } from './flags.ts'
import { nearest } from './nearest.ts'

/** The flags of all commands; one that several have takes the same values in each. */
export const ALL_FLAGS: ReadonlyMap<string, Options> = new Map(
  [sendFlags, receiveFlags, serveFlags, verifyFlags, doctorFlags].flatMap((flags) =>
    Object.entries<Options>(flags),
  ),
)

const OF_ONE_TRANSFER = 'it is of one transfer'
const SECRET = 'it is a secret'

/** Flags that the file of settings does not take, and why. */
const NOT_KEPT: ReadonlyMap<string, string> = new Map([
  ['code', SECRET],
  ['to', SECRET],
  ['with', SECRET],
  ['turn-secret', SECRET],
  ['code-file', 'a code is of one transfer'],
  ['text', OF_ONE_TRANSFER],
  ['name', OF_ONE_TRANSFER],
  ['new', OF_ONE_TRANSFER],
  ['receipt', OF_ONE_TRANSFER],
  ['receivers', OF_ONE_TRANSFER],
  ['keep', OF_ONE_TRANSFER],
])

/** What the file of settings takes. */
export const SETTING_NAMES: readonly string[] = [...ALL_FLAGS.keys()].filter(
  (name) => !NOT_KEPT.has(name),
)

/** Whether the values of the flag `name` are not to be shown. */
export function isSecret(name: string): boolean {
  return NOT_KEPT.get(name) === SECRET
}

/** The flag that is kept as `name`. Throws ShareError `usage` where none is, with why. */
export function settingOptions(name: string): Options {
  const options = ALL_FLAGS.get(name)
  const reason = NOT_KEPT.get(name)
  if (options && reason === undefined) return options
  if (reason !== undefined) {
    throw new ShareError('usage', `${name} is not kept in a file: ${reason}`, {
      hint: `Give it as --${name}, or as ${twin(name)} in the environment.`,
    })
  }
  const meant = nearest(name, [...SETTING_NAMES])
  const hint = meant ? `Did you mean ${meant}?` : `It can be ${SETTING_NAMES.join(', ')}.`
  throw new ShareError('usage', `"${name}" is not a setting`, { hint })
}

function twin(name: string): string {
  return `P2PSHARE_${name.toUpperCase().replaceAll('-', '_')}`
}
