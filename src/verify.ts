import { toShareError } from './errors.ts'
import type { VerifySummary, VerifyWatcher } from './events.ts'
import { checkReceipt } from './files/receipt-check.ts'

export interface VerifyOptions {
  signal?: AbortSignal
  /** Told of each file that is not as the receipt says, then of the end. */
  onEvent?: VerifyWatcher
}

/**
 * Compares the files below `directory` with the receipt at `receiptPath` (files/RECEIPT.md). That
 * some differ is no error: `mismatches` says how many, and `onEvent` is told which. Throws
 * ShareErrors: `file-failed` for a malformed receipt or no directory, `unsafe-name` for a receipt
 * that leads elsewhere, `not-found`, `not-a-file`, `permission`, and why `signal` was aborted.
 */
export async function verify(
  receiptPath: string,
  directory: string = process.cwd(),
  options: VerifyOptions = {},
): Promise<VerifySummary> {
  const { signal = new AbortController().signal, onEvent = () => {} } = options
  try {
    const summary = await checkReceipt({
      receipt: receiptPath,
      directory,
      signal,
      onMismatch: onEvent,
    })
    onEvent({ event: 'done', ...summary })
    return summary
  } catch (thrown) {
    throw toShareError(thrown)
  }
}
