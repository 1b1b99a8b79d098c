import { toShareError } from '../errors.ts'
import type { Command } from './command.ts'
import { parseCommandLine } from './command-line.ts'
import { describeVersions } from './describe-versions.ts'
import { isYes } from './environment.ts'
import { explainError, reportError } from './report-error.ts'
import type { CommandContext } from './terminal.ts'

/** Does what `argv` asks for, reports why it fails if it does, and returns the exit status. */
export async function run(argv: string[], context: CommandContext): Promise<number> {
  // A command line that makes no sense may still say how it wants to be told so.
  const isAsked = (flag: string) =>
    argv.includes(`--${flag}`) || isYes(context.environment.flags.get(flag))
  try {
    const command = await parseCommandLine(argv, context.environment, describeVersions)
    await runCommand(command, argv, context)
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
    case 'verify':
      return (await import('./verify-command.ts')).runVerify(command, context)
    case 'doctor':
      return (await import('./doctor-command.ts')).runDoctor(command, context)
  }
}
