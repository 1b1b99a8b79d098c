import { MAX_CLOCK_ERROR_MS } from '../limits.ts'
import type { Finding } from './finding.ts'
import type { ServerAnswer } from './probe-server.ts'

const name = 'clock'
/** The server names whole seconds, on average half of one too early. */
const ROUNDING_MS = 500

/** Compares this machine's clock with the server's. */
export function checkClock(answer: ServerAnswer | undefined): Finding<'clock'> {
  if (answer?.dateMs === undefined) {
    const message = 'No server told what time it is'
    return { name, verdict: 'skipped', message, hint: '' }
  }
  const thereMs = answer.dateMs + ROUNDING_MS + answer.connectMs / 2
  const aheadMs = answer.arrivedMs - thereMs
  const aheadSeconds = Math.round(aheadMs / 1000)
  if (Math.abs(aheadMs) <= MAX_CLOCK_ERROR_MS) {
    const off = Math.max(1, Math.abs(aheadSeconds))
    const message = `This machine's clock is right, within ${off} s of the server's`
    return { name, verdict: 'ok', message, hint: '', aheadSeconds }
  }
  const direction = aheadMs > 0 ? 'ahead of' : 'behind'
  const message = `This machine's clock is ${inWords(Math.abs(aheadMs))} ${direction} the server's`
  const hint = 'Set the clock that is wrong: certificates and relay credentials depend on it.'
  return { name, verdict: 'warning', message, hint, aheadSeconds }
}

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const

function inWords(durationMs: number): string {
  const [unit, unitMs] = UNITS.find(([, size]) => durationMs >= size) ?? ['minute', 60_000]
  const count = Math.round(durationMs / unitMs)
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}
