import { ShareError } from '../errors.ts'
import type { VerifyEvent, VerifySummary } from '../events.ts'
import { STOP_TIMEOUT_MS } from '../limits.ts'
import { printable } from '../printable.ts'
import type { VerifyCommand } from './command.ts'
import { formatContents, formatCount } from './format.ts'
import { jsonLine } from './json-lines.ts'
import type { CommandContext } from './terminal.ts'
import { untilStopped } from './until-stopped.ts'

/**
 * `p2pshare verify`: compares files with a receipt and tells which differ.
 * Throws ShareError `integrity` where any does, and the ShareError of `verify`.
 */
export async function runVerify(command: VerifyCommand, context: CommandContext): Promise<void> {
  const { receipt, directory, mode } = command
  const { stdout, stderr, signal } = context
  const { verify } = await import('../verify.ts')
  const onEvent = (event: VerifyEvent) => {
    if (mode === 'json') stdout.write(jsonLine(event, new Date()))
    if (mode !== 'text' || event.event !== 'mismatch') return
    stderr.write(`${event.reason}: ${printable(event.path)}\n`)
  }
  const checked = verify(receipt, directory, { signal, onEvent })
  const { files, bytes, mismatches } = await untilStopped(checked, STOP_TIMEOUT_MS, signal)
  if (mismatches > 0) throw differing({ files, mismatches })
  if (mode !== 'text') return
  stderr.write(`As the receipt says: ${formatContents(files, bytes, true)}.\n`)
}

function differing({ files, mismatches }: Pick<VerifySummary, 'files' | 'mismatches'>): ShareError {
  const differ = mismatches === 1 ? 'differs' : 'differ'
  const message = `${mismatches} of ${formatCount(files, 'file')} ${differ} from the receipt`
  return new ShareError('integrity', message, { hint: '' })
}
