import { relative, sep } from 'node:path'
import type { PathInfo, TransferSummary } from '../events.ts'
import { printable } from '../printable.ts'
import { formatBytes, formatDuration, formatPath, formatRate } from './format.ts'

/** How a transfer went, in a line. `what` is the file: a name or a path. */
export function summaryLine(
  verb: 'Sent' | 'Saved',
  what: string,
  summary: TransferSummary,
  transports: readonly PathInfo['transport'][],
): string {
  const { bytes, sent, seconds, path, digest } = summary
  const onWire = sent < bytes ? `, ${formatBytes(sent)} on the wire` : ''
  const rate = seconds > 0 ? ` (${formatRate(bytes / seconds)})` : ''
  return (
    `${verb} ${printable(what)}: ${formatBytes(bytes)} in ${formatDuration(seconds)}${rate}${onWire}, ` +
    `${formatPath(path, transports)}. Digest ${printable(digest)}`
  )
}

/** The absolute `path` as one would type it in `directory`: `./name` in it or below. */
export function displayPath(path: string, directory: string): string {
  const way = relative(directory, path)
  const isBelow = way !== '' && way !== '..' && !way.startsWith(`..${sep}`)
  return isBelow && way !== path ? `.${sep}${way}` : path
}
