import { relative, sep } from 'node:path'
import type { PathInfo, TransferSummary } from '../events.ts'
import { printable } from '../printable.ts'
import { formatBytes, formatDuration, formatPath, formatRate } from './format.ts'

/** How a transfer went, in a line. `what` is the file: a name or a path. */
export function summaryLine(
  verb: 'Sent' | 'Saved',
  what: string,
  summary: TransferSummary,
  transport: PathInfo['transport'] | undefined,
): string {
  const { bytes, sent, seconds, path, digest } = summary
  const now = sent < bytes ? ` (${formatBytes(sent)} of it now)` : ''
  const rate = seconds > 0 ? ` (${formatRate(sent / seconds)})` : ''
  return (
    `${verb} ${printable(what)}: ${formatBytes(bytes)}${now} in ${formatDuration(seconds)}${rate}, ` +
    `${formatPath(path, transport)}. Digest ${printable(digest)}`
  )
}

/** The absolute `path` as one would type it in `directory`: `./name` in it or below. */
export function displayPath(path: string, directory: string): string {
  const way = relative(directory, path)
  const isBelow = way !== '' && way !== '..' && !way.startsWith(`..${sep}`)
  return isBelow && way !== path ? `.${sep}${way}` : path
}
