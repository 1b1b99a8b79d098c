import { ShareError } from '../errors.ts'
import type { DoctorEvent } from '../events.ts'
import { STOP_TIMEOUT_MS } from '../limits.ts'
import { checkLines } from './check-lines.ts'
import type { DoctorCommand } from './command.ts'
import { formatCount } from './format.ts'
import { jsonLine } from './json-lines.ts'
import { type CommandContext, createStyle } from './terminal.ts'
import { untilStopped } from './until-stopped.ts'

/**
 * `p2pshare doctor`: tells of each check on standard output, for it is what was asked for.
 * Throws a ShareError with the code of what failed where a transfer would not work, and the
 * ShareError of `doctor`.
 */
export async function runDoctor(command: DoctorCommand, context: CommandContext): Promise<void> {
  const { name: _name, mode, ...options } = command
  const { stdout, environment, signal } = context
  const style = createStyle(stdout, environment)
  const onEvent = (event: DoctorEvent) => {
    if (mode === 'json') stdout.write(jsonLine(event, new Date()))
    if (mode !== 'text' || event.event !== 'check') return
    stdout.write(`${checkLines(event, style, stdout.columns)}\n`)
  }
  const { doctor } = await import('../doctor.ts')
  const examined = doctor({ ...options, signal, onEvent })
  const { failure, failed, warnings, checks } = await untilStopped(
    examined,
    STOP_TIMEOUT_MS,
    signal,
  )
  if (failure) {
    const count = `${failed} of ${formatCount(checks.length, 'check')} failed`
    const message = `A transfer would not work from here: ${count}`
    throw new ShareError(failure.code, message, { hint: '', cause: failure })
  }
  if (mode !== 'text') return
  const but = warnings > 0 ? `, with ${formatCount(warnings, 'warning')}` : ''
  stdout.write(`A transfer should work from here${but}.\n`)
}
