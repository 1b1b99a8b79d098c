import { ABORT_TIMEOUT_MS } from '../limits.ts'
import { encodeFrame } from '../transfer/encode-frame.ts'
import type { Session } from './session.ts'

/** Tells a receiver that nothing will come, so that it does not try again. Never throws. */
export async function dismiss(session: Session): Promise<void> {
  session.lane.listen({ onPayload: () => {}, onEnd: () => {} })
  session.lane.send(encodeFrame({ type: 'abort', code: 'cancelled' }))
  await session.lane.finish(ABORT_TIMEOUT_MS)
  session.close()
}
