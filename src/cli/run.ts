import { toShareError } from '../errors.ts'
import type { Command } from './command.ts'
import { type ConfigFile, NO_SETTINGS } from './config-file.ts'
import { configuredCommand } from './configured-command.ts'
import { isYes } from './environment.ts'
import { explainError, reportError } from './report-error.ts'
import type { CommandContext } from './terminal.ts'

/**
 * Does what `argv` asks for, with the settings of `config`, reports why it fails if it does, and
 * returns the exit status.
 */
export async function run(
  argv: string[],
  context: CommandContext,
  config: ConfigFile = NO_SETTINGS,
): Promise<number> {
  const { flags } = context.environment
  // A command line that makes no sense may still say how it wants to be told so.
  const isAsked = (flag: string) =>
    argv.includes(`--${flag}`) || isYes(flags.get(flag) ?? config.settings.get(flag))
  try {
    const command = await configuredCommand(argv, context.environment, config)
    await runCommand(command, argv, context, config)
    return 0
  } catch (thrown) {
    const error = toShareError(thrown)
    reportError(error, isAsked('json') ? 'json' : 'text', context)
    if (isAsked('debug') || isAsked('verbose')) explainError(error, isAsked('debug'), context)
    return error.exit
  }
}

async function runCommand(
  command: Command,
  argv: readonly string[],
  context: CommandContext,
  config: ConfigFile,
): Promise<void> {
  switch (command.name) {
    case 'print':
      context.stdout.write(`${command.text}\n`)
      return
    case 'send':
      return (await import('./send-command.ts')).runSend(command, argv, context)
    case 'receive':
      return (await import('./receive-command.ts')).runReceive(command, argv, context)
    case 'serve':
      return (await import('./serve-command.ts')).runServe(command, context)
    case 'completion':
      return (await import('./completion-command.ts')).runCompletion(command.shell, context)
    case 'config':
      return (await import('./config-command.ts')).runConfig(command, config, context)
    case 'verify':
      return (await import('./verify-command.ts')).runVerify(command, context)
    case 'doctor':
      return (await import('./doctor-command.ts')).runDoctor(command, context)
  }
}
