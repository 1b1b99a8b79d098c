import type { PathInfo } from '../events.ts'
import {
  formatAmount,
  formatBytes,
  formatCount,
  formatDuration,
  formatRate,
  percent,
} from './format.ts'

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
  /** How many connections that were; 0 while nothing has come. */
  lanes?: number
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
  const [pace, left] = speed(progress)
  const size = formatAmount(bytes, total)
  const [path, lanes] = way(progress)

  let room = width - share.length
  const fitted = (part: string | undefined, spare = 0) => {
    if (part === undefined || part.length + GAP.length + spare > room) return []
    room -= part.length + GAP.length
    return [part]
  }
  const [paces, lefts] = [fitted(pace), fitted(left)]
  const bare = MIN_BAR_WIDTH + GAP.length
  const [sizes, paths, counts] = [fitted(size, bare), fitted(path, bare), fitted(lanes, bare)]
  const barWidth = Math.min(MAX_BAR_WIDTH, room - GAP.length)
  const bar = barWidth >= MIN_BAR_WIDTH ? [drawBar(bytes, total, barWidth)] : []
  const parts = [share, ...bar, ...sizes, ...paces, ...lefts, ...paths, ...counts]
  return parts.join(GAP).slice(0, width)
}

/** Without a whole there is no share of it, and no bar. */
function uncountedLine(progress: Progress, width: number): string {
  const parts = [formatBytes(progress.bytes), ...speed(progress), ...way(progress)]
  while (parts.join(GAP).length > width) parts.pop()
  return parts.join(GAP)
}

/** `direct udp+tcp` and `4 lanes`, as far as they are known. */
function way({ path, transports = [], lanes = 0 }: Progress): string[] {
  if (path === undefined) return []
  const carrying = transports.length > 0 ? transports : [path.transport]
  const counted = lanes > 0 ? [formatCount(lanes, 'lane')] : []
  return [`${path.path} ${carrying.join('+')}`, ...counted]
}

/** The rate and the time left, or that there is none. */
function speed(progress: Progress): string[] {
  if (progress.stalledMs !== undefined) {
    return [`no data for ${formatDuration(Math.floor(progress.stalledMs / 1000))}`]
  }
  const rate = formatRate(progress.bytesPerSecond)
  const seconds = secondsLeft(progress)
  return seconds === undefined ? [rate] : [rate, `${formatDuration(seconds)} left`]
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
