import { relative, sep } from 'node:path'
import type { PathInfo, TransferSummary } from '../events.ts'
import { printable } from '../printable.ts'
import {
  formatBytes,
  formatContents,
  formatCount,
  formatDuration,
  formatPath,
  formatRate,
} from './format.ts'

/** What was done with what was transferred. */
export type Verb = 'Sent' | 'Saved' | 'Received'

/**
 * How a transfer went, in a line that fits into `columns` where it can: what matters least is left
 * out first, and the digest first of all. `what` was transferred: a name or a path.
 */
export function summaryLine(
  verb: Verb,
  what: string,
  summary: TransferSummary,
  transports: readonly PathInfo['transport'][],
  columns = Number.POSITIVE_INFINITY,
): string {
  const { files, bytes, skipped, sent, seconds, path, digest } = summary
  const contents = formatContents(files, bytes)
  const total = `${verb} ${printable(what)}: ${contents} in ${formatDuration(seconds)}`
  const details = [
    seconds > 0 ? ` (${formatRate(bytes / seconds)})` : '',
    sent < bytes ? `, ${formatBytes(sent)} on the wire` : '',
    skipped > 0 ? `, ${formatCount(skipped, 'file')} left out` : '',
    `, ${formatPath(path, transports)}`,
  ]
  const whole = `${total}${details.join('')}. Digest ${printable(digest)}`
  if (whole.length < columns) return whole
  const line = () => `${total}${details.join('')}.`
  while (details.length > 0 && line().length >= columns) details.pop()
  return line()
}

/** The absolute `path` as one would type it in `directory`: `./name` in it or below. */
export function displayPath(path: string, directory: string): string {
  const way = relative(directory, path)
  const isBelow = way !== '' && way !== '..' && !way.startsWith(`..${sep}`)
  return isBelow && way !== path ? `.${sep}${way}` : path
}
