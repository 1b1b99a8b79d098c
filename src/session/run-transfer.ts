import { abortReason, type ShareError } from '../errors.ts'
import type { PathInfo, TransferWatcher } from '../events.ts'
import { ABORT_TIMEOUT_MS, FIN_TIMEOUT_MS } from '../limits.ts'
import { namedCapabilities } from '../transfer/capabilities.ts'
import type { Lanes } from '../transfer/ports.ts'
import type { Session } from './pairing.ts'
import { SessionLanes } from './session-lanes.ts'

/** One side of a transfer, as `transfer` makes it. */
interface Transfer<Outcome> {
  readonly done: Promise<Outcome>
  start(lanes: Lanes): void
  fail(error: ShareError): void
}

/**
 * Runs `transfer` over the lanes of `session` and ends both in order, whatever the outcome, so that
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
  const lanes = new SessionLanes(session)
  let finTimeoutMs = ABORT_TIMEOUT_MS
  try {
    namedCapabilities(session.peerCapabilities)
    const pathInfo = (await connection.pathInfo()) ?? UNKNOWN_PATH
    onEvent({ event: 'connected', ...pathInfo })
    const startedMs = performance.now()
    transfer.start(lanes)
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) onAbort()
    const outcome = await transfer.done
    finTimeoutMs = FIN_TIMEOUT_MS
    return { outcome, path: pathInfo.path, seconds: (performance.now() - startedMs) / 1000 }
  } finally {
    signal.removeEventListener('abort', onAbort)
    // The first lane first: after it the other side sends nothing more. Closing a channel under a
    // sender crashes its engine.
    await lane.finish(finTimeoutMs)
    lanes.close()
    session.close()
  }
}

/** What to say of a connection that works and whose statistics do not know how. */
const UNKNOWN_PATH: PathInfo = { path: 'direct', transport: 'udp', rttMs: 0 }
