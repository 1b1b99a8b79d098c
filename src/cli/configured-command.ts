import { ShareError } from '../errors.ts'
import type { Command } from './command.ts'
import { parseCommandLine } from './command-line.ts'
import { commandPage } from './command-pages.ts'
import { type ConfigFile, inFile } from './config-file.ts'
import { describeVersions } from './describe-versions.ts'
import type { Environment } from './environment.ts'

/**
 * What `argv` asks for, with what is kept in the file. Throws ShareError `usage` where it makes no
 * sense, and says so where that is because of the file.
 */
export async function configuredCommand(
  argv: string[],
  environment: Environment,
  config: ConfigFile,
): Promise<Command> {
  const parse = (settings: ConfigFile['settings']) =>
    parseCommandLine(argv, environment, describeVersions, settings)
  const command = await parse(config.settings).catch(async (thrown: unknown) => {
    if (!(thrown instanceof ShareError) || config.path === undefined) throw thrown
    const cause = await settingToBlame(config.settings, parse)
    throw cause === undefined ? thrown : inFile(config.path, cause, thrown)
  })
  if (config.fault && takesSettings(command)) throw config.fault
  return command
}

/** The setting without which it would be right; of several, the first that it would not do with. */
async function settingToBlame(
  settings: ConfigFile['settings'],
  parse: (settings: ConfigFile['settings']) => Promise<Command>,
): Promise<string | undefined> {
  const isRight = (some: ConfigFile['settings']) =>
    parse(some).then(
      () => true,
      () => false,
    )
  if (settings.size === 0 || !(await isRight(new Map()))) return undefined
  const right = new Map<string, string>()
  for (const [name, value] of settings) {
    right.set(name, value)
    if (!(await isRight(right))) return name
  }
  return undefined
}

/** Whether there are any for it: help and the like work whatever is in the file. */
function takesSettings({ name }: Command): boolean {
  return Object.keys(commandPage(name)?.flags ?? {}).length > 0
}
