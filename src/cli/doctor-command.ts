import { ShareError } from '../errors.ts'
import type { CheckResult, DoctorEvent } from '../events.ts'
import { STOP_TIMEOUT_MS, WORDS_AT_TERMINAL, WORDS_IN_SCRIPTS } from '../limits.ts'
import { printable } from '../printable.ts'
import { checkLines } from './check-lines.ts'
import type { DoctorCommand } from './command.ts'
import { instructions } from './event-line.ts'
import { formatCount } from './format.ts'
import { jsonLine } from './json-lines.ts'
import { type CommandContext, createStyle } from './terminal.ts'
import { untilStopped } from './until-stopped.ts'

/**
 * `p2pshare doctor`: tells of each check on standard output, for it is what was asked for, and on
 * standard error what to do on the other machine, where there is one.
 * Throws a ShareError with the code of what failed where a transfer would not work, and the
 * ShareErrors of `doctor` and `doctorWith`.
 */
export async function runDoctor(command: DoctorCommand, context: CommandContext): Promise<void> {
  const { mode } = command
  const { stdout, signal } = context
  const onEvent = (event: DoctorEvent) => {
    if (mode === 'json') stdout.write(jsonLine(event, new Date()))
    else if (event.event === 'check') showCheck(event, command, context)
    else tell(event, command, context)
  }
  const examined = examine(command, { onEvent, context })
  const { failure, failed, warnings, checks } = await untilStopped(
    examined,
    STOP_TIMEOUT_MS,
    signal,
  )
  const where = command.with === undefined ? 'from here' : 'between the two'
  if (failure) {
    const count = `${failed} of ${formatCount(checks.length, 'check')} failed`
    const message = `A transfer would not work ${where}: ${count}`
    throw new ShareError(failure.code, message, { hint: '', cause: failure })
  }
  if (mode !== 'text') return
  const but = warnings > 0 ? `, with ${formatCount(warnings, 'warning')}` : ''
  stdout.write(`A transfer should work ${where}${but}.\n`)
}

interface Examining {
  onEvent: (event: DoctorEvent) => void
  context: CommandContext
}

async function examine(command: DoctorCommand, { onEvent, context }: Examining) {
  const { with: code, rendezvous, iceServers, output, words, waitMs } = command
  const { signal, stdin } = context
  const common = {
    ...(rendezvous !== undefined && { rendezvous }),
    ...(iceServers && { iceServers }),
    signal,
    onEvent,
  }
  if (code === undefined) {
    const { doctor } = await import('../doctor.ts')
    return doctor({ ...common, ...(output !== undefined && { output }) })
  }
  const { doctorWith } = await import('../doctor-with.ts')
  return doctorWith(code === '' ? undefined : code, {
    ...common,
    words: words ?? (stdin.isTTY ? WORDS_AT_TERMINAL : WORDS_IN_SCRIPTS),
    ...(waitMs !== undefined && { waitMs }),
  })
}

function showCheck(check: CheckResult, command: DoctorCommand, context: CommandContext): void {
  const { stdout, environment } = context
  if (command.mode !== 'text') return
  const { ownAddress, peerAddress } = check
  const isShown = command.verbose && (ownAddress ?? peerAddress) !== undefined
  const ends = isShown ? `From ${ownAddress ?? 'somewhere'} to ${peerAddress ?? 'somewhere'}` : ''
  const shown = { ...check, hint: check.hint || ends }
  stdout.write(`${checkLines(shown, createStyle(stdout, environment), stdout.columns)}\n`)
}

function tell(event: DoctorEvent, command: DoctorCommand, context: CommandContext): void {
  const { stderr, stdout, environment } = context
  const style = createStyle(stderr, environment)
  if (command.mode === 'quiet') {
    if (event.event === 'code') stdout.write(`${event.full}\n`)
  } else if (event.event === 'code') {
    const namesRendezvous = command.rendezvous !== undefined
    stderr.write(`${instructions('doctor --with', event, namesRendezvous, style)}\n`)
  } else if (event.event === 'waiting') stderr.write('Waiting for the other side.\n')
  else if (event.event === 'warning') {
    stderr.write(`${style('yellow', 'Warning:')} ${printable(event.message)}.\n`)
  }
}
