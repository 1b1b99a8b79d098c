import { ShareError, toShareError } from '../errors.ts'
import { printable } from '../printable.ts'
import type { ConfigCommand } from './command.ts'
import { parseCommandLine } from './command-line.ts'
import { COMMAND_PAGES, type CommandPage } from './command-pages.ts'
import { badValue, type ConfigFile, inFile } from './config-file.ts'
import { readEnvironment } from './environment.ts'
import { reportError } from './report-error.ts'
import { ALL_FLAGS, isSecret, settingOptions } from './setting-names.ts'
import { expectedValue, settingText, settingValue } from './setting-value.ts'
import type { CommandContext } from './terminal.ts'
import { writeConfigFile } from './write-config-file.ts'

/**
 * `p2pshare config`: shows what is set, or changes what is in the file.
 * Throws ShareError `usage` where that would make no sense, and that of `writeConfigFile`.
 */
export async function runConfig(
  { change }: ConfigCommand,
  config: ConfigFile,
  context: CommandContext,
): Promise<void> {
  if (change === undefined) {
    showSettings(config, context)
    const fault = config.fault ?? (await firstFault(config))
    if (fault) reportError(fault, 'text', context)
    return
  }
  const { path, entries, fault } = config
  if (path === undefined) {
    throw new ShareError('usage', 'This user has no home directory to keep settings in', {
      hint: 'Set HOME or XDG_CONFIG_HOME, or use the environment: P2PSHARE_WAIT is --wait.',
    })
  }
  if (entries === undefined) throw fault
  const { setting, values } = change
  const { [setting]: _before, ...others } = entries
  if (values !== undefined) {
    await writeConfigFile(path, {
      ...others,
      [setting]: await checkedValue(setting, values, config),
    })
  } else if (!Object.hasOwn(entries, setting)) {
    settingOptions(setting)
    throw new ShareError('usage', `${setting} is not set in ${path}`, {
      hint: 'p2pshare config shows what is.',
    })
  } else {
    await writeConfigFile(path, others)
  }
}

/** `values` of `name` as the file is to have them. Throws ShareError `usage` unless the flag takes them. */
async function checkedValue(name: string, values: readonly string[], { settings }: ConfigFile) {
  const options = settingOptions(name)
  const value = settingValue(options, values)
  const text = value === undefined ? undefined : settingText(options, value)
  if (value === undefined || text === undefined) throw badValue(name, expectedValue(options))
  const others = new Map([...settings].filter(([other]) => other !== name))
  const fault =
    (await faultOf(new Map([[name, text]]), name)) ??
    // What is wrong in the file already is no reason not to set this.
    ((await faultOf(others, name)) ? undefined : await faultOf(others.set(name, text), name))
  if (fault) throw fault
  return value
}

/** What the commands that have the flag `name` say to `settings`, if they refuse them. */
async function faultOf(
  settings: ReadonlyMap<string, string>,
  name: string,
): Promise<ShareError | undefined> {
  for (const [command, { flags, words }] of Object.entries<CommandPage>(COMMAND_PAGES)) {
    if (!Object.hasOwn(flags, name)) continue
    const argv = [command, ...Object.keys(words).slice(0, 1)]
    try {
      await parseCommandLine(argv, readEnvironment({}), async () => '', settings)
    } catch (thrown) {
      return toShareError(thrown)
    }
  }
  return undefined
}

/** What is wrong with the values in the file. */
async function firstFault({ path = '', settings }: ConfigFile): Promise<ShareError | undefined> {
  const tried = new Map<string, string>()
  for (const [name, text] of settings) {
    const fault = await faultOf(tried.set(name, text), name)
    if (fault) return inFile(path, name, fault)
  }
  return undefined
}

/** Writes down everything that is set, and by what. */
function showSettings({ path, settings }: ConfigFile, context: CommandContext): void {
  const { stdout, environment } = context
  const lines = [...ALL_FLAGS.keys()].sort().flatMap((name) => {
    const kept = settings.get(name)
    const given = environment.flags.get(name)
    if (given === undefined && kept === undefined) return []
    if (given === undefined) return [{ name, value: shown(name, kept), source: 'file' }]
    const instead = kept === undefined ? '' : `, instead of ${shown(name, kept)} in the file`
    return [{ name, value: shown(name, given), source: `environment${instead}` }]
  })
  const [nameWidth, valueWidth] = [
    Math.max(...lines.map(({ name }) => name.length)),
    Math.max(...lines.map(({ value }) => value.length)),
  ]
  stdout.write(
    `File: ${path === undefined ? 'none, for want of a home directory' : printable(path)}\n`,
  )
  if (lines.length === 0) stdout.write('Nothing is set.\n')
  for (const { name, value, source } of lines) {
    stdout.write(`${name.padEnd(nameWidth)}  ${value.padEnd(valueWidth)}  ${source}\n`)
  }
}

/** A value without what is secret in it. */
function shown(name: string, text = ''): string {
  if (isSecret(name)) return '(secret)'
  const values = text.split('\n').filter(Boolean)
  const told = name === 'ice-server' ? values.map(withoutPassword) : values
  return told.map((value) => printable(value)).join(' ')
}

/** Of `URL,user,password`. */
function withoutPassword(iceServer: string): string {
  return iceServer.replace(/^([^,]*,[^,]*,).*/s, '$1(secret)')
}
