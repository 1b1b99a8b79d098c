import { ShareError } from '../errors.ts'
import type { Role } from './role.ts'

/** A message that is malformed, out of order, replayed, or fails to open. */
export function alteredMessageError(cause?: unknown): ShareError {
  return new ShareError('protocol', 'A message from the other side was altered on its way', {
    cause,
  })
}

/** A confirmation that does not match: the two sides do not have the same code. */
export function wrongCodeError(detectedBy: Role): ShareError {
  return new ShareError(
    'wrong-code',
    detectedBy === 'sender'
      ? 'The other side used a wrong code'
      : 'The code does not match the one of the sender',
  )
}
