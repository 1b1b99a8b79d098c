import { abortReason, type ShareError } from '../errors.ts'
import type { PathInfo, TransferWatcher } from '../events.ts'
import { ABORT_TIMEOUT_MS, FIN_TIMEOUT_MS } from '../limits.ts'
import type { Lane } from '../peer/lane.ts'
import { sharedCapabilities } from '../transfer/capabilities.ts'
import type { Session } from './pairing.ts'

/** One side of a transfer, as `transfer` makes it. */
interface Transfer<Outcome> {
  readonly done: Promise<Outcome>
  start(lane: Lane): void
  fail(error: ShareError): void
}

/**
 * Runs `transfer` over the lane of `session` and ends both in order, whatever the outcome, so that
 * the last words of either side arrive.
 */
export async function runTransfer<Outcome>(
  session: Session,
  transfer: Transfer<Outcome>,
  signal: AbortSignal,
  onEvent: TransferWatcher,
): Promise<{ outcome: Outcome; path: PathInfo['path']; seconds: number }> {
  const { lane, connection } = session
  const onAbort = () => transfer.fail(abortReason(signal))
  let finTimeoutMs = ABORT_TIMEOUT_MS
  try {
    sharedCapabilities(session.peerCapabilities)
    const pathInfo = (await connection.pathInfo()) ?? UNKNOWN_PATH
    onEvent({ event: 'connected', ...pathInfo })
    const startedMs = performance.now()
    transfer.start(lane)
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) onAbort()
    const outcome = await transfer.done
    finTimeoutMs = FIN_TIMEOUT_MS
    return { outcome, path: pathInfo.path, seconds: (performance.now() - startedMs) / 1000 }
  } finally {
    signal.removeEventListener('abort', onAbort)
    await lane.finish(finTimeoutMs)
    session.close()
  }
}

/** What to say of a connection that works and whose statistics do not know how. */
const UNKNOWN_PATH: PathInfo = { path: 'direct', transport: 'udp', rttMs: 0 }
