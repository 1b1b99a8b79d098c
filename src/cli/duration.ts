import { ShareError } from '../errors.ts'
import { MAILBOX_WAIT_MS, MIN_WAIT_MS } from '../limits.ts'
import { formatDuration } from './format.ts'

const UNIT_MS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000 }

/**
 * How many milliseconds `text` means: `90s`, `10m`, `2h`, `1.5h`, or a plain number of seconds.
 * Throws ShareError `usage` where it is none, or not between a second and a day.
 */
export function parseDuration(text: string): number {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)([smh]?)$/.exec(text.trim().toLowerCase())
  if (!match) throw badDuration(`"${text}" is not a duration`)
  const durationMs = Number(match[1]) * (UNIT_MS[match[2] || 's'] ?? Number.NaN)
  if (durationMs >= MIN_WAIT_MS && durationMs <= MAILBOX_WAIT_MS) return Math.round(durationMs)
  const [least, most] = [MIN_WAIT_MS, MAILBOX_WAIT_MS].map((ms) => formatDuration(ms / 1000))
  throw badDuration(`A wait of ${text} is not between ${least} and ${most}`)
}

/** The same, with `0` in any unit for never: 0 milliseconds. */
export function parseDurationOrNever(text: string): number {
  return /^0[smh]?$/i.test(text.trim()) ? 0 : parseDuration(text)
}

function badDuration(message: string): ShareError {
  return new ShareError('usage', message, { hint: 'Write it like 90s, 10m or 2h.' })
}
