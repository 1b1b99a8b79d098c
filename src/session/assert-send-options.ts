import { ShareError } from '../errors.ts'
import { MAX_LANES, MAX_RECEIVERS } from '../limits.ts'
import { assertLimit } from '../transfer/rate-limit.ts'
import type { SendInput } from './open-outgoing.ts'
import type { SendOptions, SeveralReceivers } from './send-options.ts'

/** Throws ShareError `usage` for what cannot be, or not together. */
export function assertSendOptions(
  what: SendInput,
  options: SendOptions & Partial<SeveralReceivers>,
): void {
  const { lanes = 1, limitBytesPerSecond, receivers = 1, keep = false } = options
  if (!isWithin(lanes, MAX_LANES)) {
    throw new ShareError('usage', `A transfer has 1 to ${MAX_LANES} lanes`)
  }
  if (limitBytesPerSecond !== undefined) assertLimit(limitBytesPerSecond)
  if (!isWithin(receivers, MAX_RECEIVERS)) {
    throw new ShareError('usage', `A transfer has 1 to ${MAX_RECEIVERS} receivers`, {
      hint: 'Without a number of them, until it is stopped: --keep.',
    })
  }
  const { to, code } = options
  if (to !== undefined && (code !== undefined || keep || receivers > 1)) {
    throw new ShareError('usage', 'What is sent to a code goes to one receiver, who made the code')
  }
  const isPipe = typeof what === 'object' && 'stream' in what
  if (isPipe && (keep || receivers > 1)) {
    throw new ShareError('usage', 'A pipe can be read only once, for one receiver', {
      hint: 'Save it to a file first, and send that.',
    })
  }
}

function isWithin(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= most
}
