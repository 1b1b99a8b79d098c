import { toShareError } from '../errors.ts'
import type { Command } from './command.ts'
import { parseCommandLine } from './command-line.ts'
import { isYes } from './environment.ts'
import { reportError } from './report-error.ts'
import type { CommandContext } from './terminal.ts'
import { readVersion } from './version.ts'

/** Does what `argv` asks for, reports why it fails if it does, and returns the exit status. */
export async function run(argv: string[], context: CommandContext): Promise<number> {
  const wantsJson = argv.includes('--json') || isYes(context.environment.flags.get('json'))
  try {
    const command = await parseCommandLine(argv, context.environment, readVersion())
    await runCommand(command, context)
    return 0
  } catch (thrown) {
    const error = toShareError(thrown)
    reportError(error, wantsJson ? 'json' : 'text', context)
    return error.exit
  }
}

async function runCommand(command: Command, context: CommandContext): Promise<void> {
  switch (command.name) {
    case 'print':
      context.stdout.write(`${command.text}\n`)
      return
    case 'send':
      return (await import('./send-command.ts')).runSend(command, context)
    case 'receive':
      return (await import('./receive-command.ts')).runReceive(command, context)
    case 'serve':
      return (await import('./serve-command.ts')).runServe(command, context)
    case 'verify':
      return (await import('./verify-command.ts')).runVerify(command, context)
  }
}
