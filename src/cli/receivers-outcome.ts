import { ShareError } from '../errors.ts'
import type { ReceiversSummary } from '../events.ts'
import { formatCount } from './format.ts'

/** How it went with all receivers, in a line. */
export function receiversLine(summary: ReceiversSummary): string {
  const { receivers, completed, failed, missing, wrongCodes } = summary
  const others = [
    failed > 0 && `${failed} failed`,
    missing > 0 && `${missing} did not come`,
    wrongCodes > 0 && formatCount(wrongCodes, 'wrong code'),
  ].filter((part) => part !== false)
  const all = receivers === null ? '' : ` of ${receivers}`
  const noun = (receivers ?? completed) === 1 ? 'receiver' : 'receivers'
  const verb = completed === 1 ? 'has' : 'have'
  return [`${completed}${all} ${noun} ${verb} everything`, ...others].join(', ')
}

/**
 * The error that the command ends with, if not everybody who was to receive it did: `not-all` where
 * somebody did, otherwise what kept the first one from it. Who is stopped while somebody receives
 * ends with `stopped`.
 */
export function receiversFailure(
  summary: ReceiversSummary,
  stopped: ShareError | undefined,
): ShareError | undefined {
  const { receivers, completed, failed, missing, wrongCodes, results } = summary
  const [first, ...further] = results.flatMap(({ error }) => error ?? [])
  if (stopped && [first, ...further].some((error) => error?.code === stopped.code)) return stopped
  if (failed === 0 && missing === 0) return undefined
  if (completed > 0) {
    const all = receivers ?? completed + failed
    return new ShareError('not-all', `Only ${completed} of ${all} receivers have everything`)
  }
  if (first) return new ShareError(first.code, first.message, { hint: first.hint })
  return wrongCodes > 0
    ? new ShareError('wrong-code', 'Somebody used a wrong code, and nobody else came in time')
    : new ShareError('nobody-came', 'Nobody came in time')
}
