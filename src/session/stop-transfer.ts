import { setTimeout as pause } from 'node:timers/promises'
import type { ShareError } from '../errors.ts'
import { ABORT_TIMEOUT_MS } from '../limits.ts'
import type { Transfer } from './transfer.ts'

/** Stops `transfer` because of `error`; a disk that hangs is not waited for. Never throws. */
export async function stopTransfer(transfer: Transfer<unknown>, error: ShareError): Promise<void> {
  const stop = new AbortController()
  const limit = pause(ABORT_TIMEOUT_MS, undefined, { signal: stop.signal }).catch(() => undefined)
  const done = transfer.done.catch(() => undefined)
  transfer.fail(error)
  await Promise.race([done, limit])
  stop.abort()
}
