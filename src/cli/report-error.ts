import type { ShareError } from '../errors.ts'
import { printable } from '../printable.ts'
import type { OutputMode } from './command.ts'
import { jsonLine } from './json-lines.ts'
import { type CommandContext, canDraw, createStyle } from './terminal.ts'
import { wrapped } from './wrapped.ts'

const CLEAR_LINE = '\r\u001b[K'

/** Tells why the command ends: as an event in `json` mode, else as a sentence and what to do. */
export function reportError(
  error: ShareError,
  mode: OutputMode,
  context: Pick<CommandContext, 'stdout' | 'stderr' | 'environment'>,
): void {
  const { stdout, stderr, environment } = context
  const { code, message, hint, exit } = error
  if (mode === 'json') {
    stdout.write(jsonLine({ event: 'error', code, message, hint, exit }, new Date()))
  } else {
    // The terminal has written ^C where the cursor is.
    const start = code === 'stopped-sigint' && canDraw(stderr, environment) ? CLEAR_LINE : ''
    const prefix = createStyle(stderr, environment)('red', 'p2pshare:')
    const lines = `${prefix} ${printable(message)}.\n${hint && `${printableLines(hint)}\n`}`
    stderr.write(`${start}${wrapped(lines, stderr)}`)
  }
}

/** A hint may end with a command on a line of its own. */
function printableLines(text: string): string {
  return text
    .split('\n')
    .map((line) => printable(line))
    .join('\n')
}

/** Writes what led to `error` to standard error: the causes, or all of it where `hasStacks`. */
export function explainError(
  error: ShareError,
  hasStacks: boolean,
  { stderr }: Pick<CommandContext, 'stderr'>,
): void {
  if (hasStacks) stderr.write(`${stackOf(error)}\n`)
  else for (const cause of causesOf(error)) stderr.write(`Because: ${printable(cause)}\n`)
}

/** What caused `error`, and what caused that; each that says something new. */
function causesOf({ message, cause }: Error): string[] {
  if (!(cause instanceof Error)) return []
  const isNew = cause.message !== '' && !message.includes(cause.message)
  return [...(isNew ? [cause.message] : []), ...causesOf(cause)]
}

/** Every line made printable by itself, the causes included. */
function stackOf(error: Error): string {
  const own = (error.stack ?? String(error)).split('\n').map((line) => printable(line))
  const cause = error.cause instanceof Error ? [`Caused by: ${stackOf(error.cause)}`] : []
  return [...own, ...cause].join('\n')
}
