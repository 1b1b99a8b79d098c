import { toShareError } from '../errors.ts'
import type { Finding } from './finding.ts'
import type { Speeds } from './speed-test.ts'

const name = 'throughput'

/** Judges the engine at work: `measure` sends over a connection within this machine. */
export async function checkThroughput(
  measure: () => Promise<Speeds>,
): Promise<Finding<'throughput'>> {
  try {
    const { sending, receiving } = await measure()
    const bytesPerSecond = Math.round((sending + receiving) / 2)
    const message = `One connection within this machine carries ${rateInWords(bytesPerSecond)}`
    return { name, verdict: 'ok', message, hint: '', bytesPerSecond }
  } catch (thrown) {
    const error = toShareError(thrown)
    const message = `No connection works even within this machine: ${error.message}`
    const hint = 'Allow UDP and TCP on 127.0.0.1 in the firewall of this machine.'
    return { name, verdict: 'failed', message, hint }
  }
}

/** In units of networks, as transfers show it. */
export function rateInWords(bytesPerSecond: number): string {
  const megabytes = bytesPerSecond / 1e6
  if (megabytes >= 1) return `${megabytes.toFixed(megabytes < 100 ? 1 : 0)} MB/s`
  return `${Math.round(bytesPerSecond / 1e3)} kB/s`
}
