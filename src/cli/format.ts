import type { PathInfo } from '../events.ts'

const BINARY_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
const DECIMAL_UNITS = ['B/s', 'kB/s', 'MB/s', 'GB/s']

/** A size as file managers show it: `0 B`, `1.5 KiB`, `1.2 GiB`. */
export function formatBytes(bytes: number): string {
  return scaled(bytes, 1024, BINARY_UNITS)
}

/** How much of how much: `469.0 of 922.0 MiB`, `900.0 MiB of 1.2 GiB`. */
export function formatAmount(bytes: number, total: number): string {
  const [amount, whole] = [formatBytes(bytes), formatBytes(total)]
  const unit = whole.slice(whole.indexOf(' '))
  return `${amount.endsWith(unit) ? amount.slice(0, -unit.length) : amount} of ${whole}`
}

/** `1 file`, `312 files`. */
export function formatCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** How much something contains: `1.2 GiB`, `312 files, 1.2 GiB`; of one file only `counts` says so. */
export function formatContents(files: number, bytes: number, counts = false): string {
  const size = formatBytes(bytes)
  return files === 1 && !counts ? size : `${formatCount(files, 'file')}, ${size}`
}

/** A rate as networks are sold: in powers of 1000. */
export function formatRate(bytesPerSecond: number): string {
  return scaled(bytesPerSecond, 1000, DECIMAL_UNITS)
}

/** `0.3 s`, `12.3 s`, `2 min 5 s`, `1 h 2 min`, `3 d 4 h`. */
export function formatDuration(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(1).replace('.0', '')} s`
  const whole = Math.round(seconds)
  if (whole < 3600) return pair(whole, 60, 'min', 's')
  if (whole < 86_400) return pair(Math.round(whole / 60), 60, 'h', 'min')
  return pair(Math.round(whole / 3600), 24, 'd', 'h')
}

/** Rounded down, so that 100 means complete; nothing of nothing is complete. */
export function percent(bytes: number, total: number): number {
  if (total <= 0 || bytes >= total) return 100
  return Math.max(0, Math.min(99, Math.floor((bytes / total) * 100)))
}

/** `direct over UDP`, `through a relay over TCP and UDP`; without transports where none is known. */
export function formatPath(
  path: PathInfo['path'],
  transports: readonly PathInfo['transport'][],
): string {
  const way = path === 'direct' ? 'direct' : 'through a relay'
  const names = transports.map((transport) => transport.toUpperCase()).join(' and ')
  return names === '' ? way : `${way} over ${names}`
}

function scaled(value: number, base: number, units: string[]): string {
  let scale = value
  let unit = 0
  // What would round to a full next unit is shown in it.
  while (scale >= (unit === 0 ? base : base - 0.05) && unit < units.length - 1) {
    scale /= base
    unit += 1
  }
  return `${unit === 0 ? Math.round(scale) : scale.toFixed(1)} ${units[unit]}`
}

function pair(value: number, base: number, unit: string, subunit: string): string {
  const rest = value % base
  const whole = `${Math.floor(value / base)} ${unit}`
  return rest === 0 ? whole : `${whole} ${rest} ${subunit}`
}
