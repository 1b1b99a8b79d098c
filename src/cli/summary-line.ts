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

/** How a transfer went, in a line. `what` was transferred: a name or a path. */
export function summaryLine(
  verb: Verb,
  what: string,
  summary: TransferSummary,
  transports: readonly PathInfo['transport'][],
): string {
  const { files, bytes, skipped, sent, seconds, path, digest } = summary
  const onWire = sent < bytes ? `, ${formatBytes(sent)} on the wire` : ''
  const leftOut = skipped > 0 ? `, ${formatCount(skipped, 'file')} left out` : ''
  const rate = seconds > 0 ? ` (${formatRate(bytes / seconds)})` : ''
  return (
    `${verb} ${printable(what)}: ${formatContents(files, bytes)} in ` +
    `${formatDuration(seconds)}${rate}${onWire}${leftOut}, ` +
    `${formatPath(path, transports)}. Digest ${printable(digest)}`
  )
}

/** The absolute `path` as one would type it in `directory`: `./name` in it or below. */
export function displayPath(path: string, directory: string): string {
  const way = relative(directory, path)
  const isBelow = way !== '' && way !== '..' && !way.startsWith(`..${sep}`)
  return isBelow && way !== path ? `.${sep}${way}` : path
}
