import { ShareError } from '../errors.ts'
import { MAX_WORDS, MIN_WORDS } from '../limits.ts'
import type { ConfigCommand, Detail, OutputMode, SendWhat } from './command.ts'
import { INPUT_NAME } from './flags.ts'

/** In the place of a path: standard input or output. */
export const STANDARD_STREAM = '-'

/** JSON lines are already all that is written then, so `quiet` adds nothing to them. */
export function outputMode(args: {
  json: boolean | undefined
  quiet: boolean | undefined
}): OutputMode {
  if (args.json) return 'json'
  return args.quiet ? 'quiet' : 'text'
}

export function detailOf(args: {
  verbose: boolean | undefined
  debug: boolean | undefined
}): Detail | undefined {
  if (args.debug) return 'debug'
  return args.verbose ? 'verbose' : undefined
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

/**
 * What `send` is to send, of its words and flags.
 * Throws ShareError `usage` where that is nothing, or two things at once.
 */
export function whatToSend(args: {
  paths: string[] | undefined
  text: string | undefined
  name: string | undefined
}): SendWhat {
  const { paths = [], text, name } = args
  const isInput = paths.includes(STANDARD_STREAM)
  if (name !== undefined && !isInput) {
    throw new ShareError('usage', '--name is for standard input, which is sent with -', {
      hint: 'Files keep their names; the receiver chooses another with --output.',
    })
  }
  if (text !== undefined) {
    if (paths.length === 0) return { text }
    throw new ShareError('usage', 'A text is sent alone, without files')
  }
  if (isInput) {
    if (paths.length === 1) return { inputName: name ?? INPUT_NAME }
    throw new ShareError('usage', 'Standard input (-) is sent alone, without files', {
      hint: 'A file of that name is ./-',
    })
  }
  if (paths.length > 0) return { paths }
  throw new ShareError('usage', 'No file was named', {
    hint: 'Run p2pshare send --help to see what is possible.',
  })
}

/** Throws ShareError `usage` where there is both a number of receivers and no end to them. */
export function receiverCount(args: { receivers: number | undefined; keep: boolean | undefined }): {
  receivers?: number
  keep?: true
} {
  const { receivers, keep } = args
  if (!keep) return given('receivers', receivers)
  if (receivers === undefined) return { keep }
  throw new ShareError('usage', '--receivers and --keep contradict each other', {
    hint: 'Choose one of them.',
  })
}

/** Throws ShareError `usage` unless at most one of the three is chosen. */
export function existingChoice(args: {
  overwrite: boolean | undefined
  rename: boolean | undefined
  skip: boolean | undefined
}): 'overwrite' | 'rename' | 'skip' | undefined {
  const chosen = (['overwrite', 'rename', 'skip'] as const).filter((name) => args[name])
  if (chosen.length <= 1) return chosen[0]
  const names = chosen.map((name) => `--${name}`).join(' and ')
  throw new ShareError('usage', `${names} contradict each other`, { hint: 'Choose one of them.' })
}

/** Throws ShareError `usage` unless at most one of the two is chosen. */
export function pathChoice(args: {
  'direct-only': boolean | undefined
  'relay-only': boolean | undefined
}): 'direct' | 'relay' | undefined {
  if (args['direct-only'] && args['relay-only']) {
    throw new ShareError('usage', '--direct-only and --relay-only contradict each other', {
      hint: 'Choose one of them.',
    })
  }
  if (args['direct-only']) return 'direct'
  return args['relay-only'] ? 'relay' : undefined
}

/** ICE servers as `URL[,user,password]`; the password is all that follows the second comma. */
export function iceServers(texts: readonly string[] | undefined) {
  if (texts === undefined || texts.length === 0) return undefined
  return texts.map((text) => {
    const [, url = '', username, credential] = /^([^,]*)(?:,([^,]*)(?:,(.*))?)?$/s.exec(text) ?? []
    return {
      urls: [url.trim()],
      ...given('username', username),
      ...given('credential', credential),
    }
  })
}

/** Throws ShareError `usage` where events and contents would both go to standard output. */
export function outputPath(output: string | undefined, mode: OutputMode): string | undefined {
  if (output !== STANDARD_STREAM || mode !== 'json') return output
  throw new ShareError('usage', 'Standard output cannot have both the contents and --json', {
    hint: 'Save to a file, or leave out --json.',
  })
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

/**
 * Where the code of one's own comes from. Throws ShareError `usage` where two are named: which of
 * them is meant cannot be told.
 */
export function ownCodeOf(args: {
  to?: string | undefined
  code: string | undefined
  'code-file': string | undefined
}): { to?: string; code?: string; codeFile?: string } {
  const { to, code, 'code-file': codeFile } = args
  if ([to, code, codeFile].filter((each) => each !== undefined).length > 1) {
    throw new ShareError('usage', 'There is more than one code', { hint: 'Name one of them.' })
  }
  return { ...given('to', to), ...given('code', code), ...given('codeFile', codeFile) }
}

/**
 * Where the code to receive with comes from: what is typed goes before what is in the environment.
 * Throws ShareError `usage` where two are typed.
 */
export function codeToReceive({
  typed,
  kept,
  file,
  isFileNamed,
}: {
  typed: string | undefined
  kept: string | undefined
  file: string | undefined
  isFileNamed: boolean
}): { code?: string; codeFile?: string } {
  if (isFileNamed) return ownCodeOf({ code: typed, 'code-file': file })
  const code = typed ?? kept
  return code === undefined ? given('codeFile', file) : { code }
}

/**
 * What `config` is to change, of the words after it; nothing where there are none.
 * Throws ShareError `usage` where they make no sense.
 */
export function configChange(
  action: string | undefined,
  setting: string | undefined,
  values: readonly string[],
): Pick<ConfigCommand, 'change'> {
  if (action === undefined) return {}
  const isSet = action === 'set'
  if (!isSet && action !== 'unset') {
    throw configUsage(`"${action}" is neither set nor unset`)
  }
  if (setting === undefined) throw configUsage('No setting was named')
  if (isSet && values.length === 0) throw configUsage(`There is no value for ${setting}`)
  if (!isSet && values.length > 0) throw configUsage('What is unset has no value')
  return { change: { setting, values: isSet ? values : undefined } }
}

function configUsage(message: string): ShareError {
  return new ShareError('usage', message, {
    hint: 'Run p2pshare config set NAME VALUE, or p2pshare config unset NAME.',
  })
}
