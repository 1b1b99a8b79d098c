import { type ErrorCode, ShareError } from '../errors.ts'

/** Why a side may stop, as the other side is told it. Only codes cross the wire, never texts. */
const REASONS: Partial<Record<ErrorCode, string>> = {
  'disk-full': 'there is not enough free space',
  permission: 'it may not write or read there',
  'file-exists': 'there already is something of that name',
  'unsafe-name': 'a name is not safe to use, or two are one on some systems',
  'not-found': 'the file is gone',
  'file-changed': 'the file changed while it was being sent',
  'file-failed': 'reading or writing the file failed',
  'nobody-came': 'nobody answered in time',
  internal: 'something went wrong inside p2pshare',
}

/** What it means here that the `other` side declined or aborted with `code`. */
export function errorFromPeer(
  { type, code }: { type: 'decline' | 'abort'; code: ErrorCode },
  other: 'sender' | 'receiver',
): ShareError {
  if (code === 'integrity' || code === 'protocol' || code === 'incompatible') {
    return new ShareError(code, `The ${other} could not verify what arrived there`)
  }
  if (code === 'not-verified') {
    return new ShareError(code, `At the ${other} it was said that the words differ`)
  }
  if (code === 'interrupted') {
    const what = type === 'decline' ? 'cannot go on with what it began' : 'lost the connection'
    return new ShareError(code, `The ${other} ${what}`)
  }
  const reason = REASONS[code]
  const because = reason === undefined ? '' : `: ${reason}`
  return type === 'decline'
    ? new ShareError('declined', `The ${other} declined${because}`)
    : new ShareError(
        'cancelled',
        `The ${other} ${reason === undefined ? 'cancelled' : 'stopped'}${because}`,
      )
}
