import type { ShareError } from '../errors.ts'
import { rateInWords } from './check-throughput.ts'
import type { Finding } from './finding.ts'
import type { Speeds } from './speed-test.ts'

/** What one connection carried each way, or why that could not be measured. */
export function checkSpeed(
  measured: Speeds | { error: ShareError },
): [Finding<'sending'>, Finding<'receiving'>] {
  if ('error' in measured) {
    const { message, hint } = measured.error
    const failed = { verdict: 'failed', message, hint } as const
    return [
      { name: 'sending', ...failed },
      { name: 'receiving', ...failed },
    ]
  }
  const { sending, receiving } = measured
  const found = (bytesPerSecond: number, from: string, to: string) => ({
    verdict: 'ok' as const,
    message: `From ${from} to ${to} one connection carries ${rateInWords(bytesPerSecond)}`,
    hint: '',
    bytesPerSecond: Math.round(bytesPerSecond),
  })
  return [
    { name: 'sending', ...found(sending, 'here', 'the other side') },
    { name: 'receiving', ...found(receiving, 'the other side', 'here') },
  ]
}
