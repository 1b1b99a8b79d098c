/** What each failure means to a script (the exit status) and what a person can do about it. */
const FAILURES = {
  internal: {
    exit: 1,
    hint: 'This is a bug in p2pshare. Run it again with --debug, and report what that says.',
  },
  usage: { exit: 2, hint: 'Run p2pshare --help to see what is possible.' },
  'wrong-code': { exit: 3, hint: 'The code is used up. Send again for a new one.' },
  'nobody-came': {
    exit: 4,
    hint: 'Check the code with the other side, or wait longer with --wait.',
  },
  'no-path': {
    exit: 5,
    hint: 'Try from another network. p2pshare doctor and --verbose tell what stands in the way.',
  },
  interrupted: { exit: 6, hint: 'Send and receive again to go on.' },
  integrity: { exit: 7, hint: 'Nothing was saved. Send again.' },
  protocol: { exit: 7, hint: 'Nothing was saved. Check that both sides run the same p2pshare.' },
  'not-found': { exit: 8, hint: 'Check the path.' },
  'not-a-file': { exit: 8, hint: 'Only files and directories can be sent.' },
  'file-exists': {
    exit: 8,
    hint: 'Choose another --output, or add --overwrite, --rename, --skip or --update.',
  },
  'unsafe-name': { exit: 8, hint: 'Choose the name yourself with --output.' },
  'file-changed': { exit: 8, hint: 'Send again when nothing writes to the file.' },
  'disk-full': { exit: 8, hint: 'Free some space, then send and receive again to go on.' },
  permission: { exit: 8, hint: 'Check the permissions of the file and its directory.' },
  'file-failed': { exit: 8, hint: 'Check the disk and the path.' },
  declined: { exit: 9, hint: 'Ask the other side.' },
  cancelled: { exit: 9, hint: 'Ask the other side.' },
  'not-verified': {
    exit: 9,
    hint: 'Somebody else may be at the other end. Nothing was sent or saved; send again for a new code.',
  },
  incompatible: { exit: 9, hint: 'Update p2pshare on both sides.' },
  'no-rendezvous': { exit: 10, hint: 'Check the server with --rendezvous, or the network.' },
  'not-all': { exit: 11, hint: 'Send again to those who have not got it.' },
  'stopped-sigint': { exit: 130, hint: '' },
  'stopped-sigterm': { exit: 143, hint: '' },
} as const satisfies Record<string, { exit: number; hint: string }>

export type ErrorCode = keyof typeof FAILURES

/** All of them, by exit status. */
export const ERROR_CODES = Object.keys(FAILURES) as readonly ErrorCode[]

export interface ShareErrorInit {
  /** What to do next, where there is something better to say than the code's own hint. */
  hint?: string
  cause?: unknown
}

/**
 * The one kind of error that p2pshare throws at its users.
 * `message` is a whole sentence for a person without a full stop, `hint` says what to do next,
 * `exit` is the status that a command ends with because of it.
 */
export class ShareError extends Error {
  override readonly name = 'ShareError'
  readonly code: ErrorCode
  readonly exit: number
  readonly hint: string

  constructor(code: ErrorCode, message: string, init: ShareErrorInit = {}) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause })
    this.code = code
    this.exit = FAILURES[code].exit
    this.hint = init.hint ?? FAILURES[code].hint
  }
}

/** Whether `code`, read from somewhere untrusted, is one of ours. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(FAILURES, code)
}

/** Whatever was thrown, as a ShareError: itself, or an `internal` one with the original as cause. */
export function toShareError(thrown: unknown): ShareError {
  if (thrown instanceof ShareError) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new ShareError('internal', `Something went wrong inside p2pshare: ${message}`, {
    cause: thrown,
  })
}

/** Throws why `signal` was aborted, if it was. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortReason(signal)
}

/** Why `signal` was aborted: its reason where that is a ShareError, else `cancelled`. */
export function abortReason(signal: AbortSignal): ShareError {
  const reason: unknown = signal.reason
  if (reason instanceof ShareError) return reason
  return new ShareError('cancelled', 'The transfer was cancelled', { cause: reason })
}
