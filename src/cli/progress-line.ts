import type { PathInfo } from '../events.ts'
import { formatBytes, formatDuration, formatRate, percent } from './format.ts'

const MIN_BAR_WIDTH = 8
const MAX_BAR_WIDTH = 40
const GAP = '  '

export interface Progress {
  bytes: number
  /** Null while not everything is counted. */
  total: number | null
  bytesPerSecond: number
  /** How long nothing has arrived, in milliseconds, once that is worth telling. */
  stalledMs?: number
  path?: PathInfo
  /** What has carried the data lately; empty while nothing has. */
  transports?: readonly PathInfo['transport'][]
}

/**
 * One line about `progress` that fits into `columns` with one to spare, for in the last one some
 * terminals wrap. What matters least is left out first; the bar takes what is left. ASCII only, as
 * other block characters are two columns wide on some terminals.
 */
export function progressLine(progress: Progress, columns: number): string {
  const width = Math.max(0, columns - 1)
  const { bytes, total } = progress
  if (total === null) return uncountedLine(progress, width)
  const share = `${String(percent(bytes, total)).padStart(3)}%`
  const size = `${formatBytes(bytes)} of ${formatBytes(total)}`
  const path = progress.path && way(progress.path, progress.transports)
  const byImportance = [speed(progress), size, path]

  let room = width - share.length
  const shown = byImportance.map((part) => {
    if (part === undefined || part === '' || part.length + GAP.length > room) return []
    room -= part.length + GAP.length
    return [part]
  })
  const barWidth = Math.min(MAX_BAR_WIDTH, room - GAP.length)
  const bar = barWidth >= MIN_BAR_WIDTH ? [drawBar(bytes, total, barWidth)] : []
  const [pace = [], sizes = [], ways = []] = shown
  return [share, ...bar, ...sizes, ...pace, ...ways].join(GAP).slice(0, width)
}

/** Without a whole there is no share of it, and no bar. */
function uncountedLine(progress: Progress, width: number): string {
  const path = progress.path && way(progress.path, progress.transports)
  const parts = [formatBytes(progress.bytes), speed(progress), path ?? []].flat()
  while (parts.join(GAP).length > width) parts.pop()
  return parts.join(GAP)
}

function way(path: PathInfo, transports: Progress['transports'] = []): string {
  const carrying = transports.length > 0 ? transports : [path.transport]
  return `${path.path} ${carrying.join('+')}`
}

function speed(progress: Progress): string {
  if (progress.stalledMs !== undefined) {
    return `no data for ${formatDuration(Math.floor(progress.stalledMs / 1000))}`
  }
  const rate = formatRate(progress.bytesPerSecond)
  const seconds = secondsLeft(progress)
  return seconds === undefined ? rate : `${rate}${GAP}${formatDuration(seconds)} left`
}

/** Whole seconds to go at the current rate, where that says anything. */
export function secondsLeft(progress: Progress): number | undefined {
  if (progress.total === null) return undefined
  const seconds = Math.ceil((progress.total - progress.bytes) / progress.bytesPerSecond)
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined
}

function drawBar(bytes: number, total: number, width: number): string {
  const inner = width - 2
  const share = total > 0 ? Math.min(1, bytes / total) : 1
  const filled = Math.floor(inner * share)
  const head = filled < inner ? '>' : ''
  return `[${'='.repeat(filled)}${head}${' '.repeat(inner - filled - head.length)}]`
}
