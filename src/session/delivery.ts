import type { Codec } from '../compression/codec.ts'
import type { DiagnosticWatcher } from '../diagnostics.ts'
import type { TransferSummary, TransferWatcher } from '../events.ts'
import type { Outgoing } from '../files/outgoing.ts'
import { BLOCK_BYTES, COUNTING_GRACE_MS, DEFAULT_RECONNECT_MS } from '../limits.ts'
import { namedCapabilities } from '../transfer/capabilities.ts'
import type { Source } from '../transfer/ports.ts'
import type { RateLimit } from '../transfer/rate-limit.ts'
import { Sender } from '../transfer/sender.ts'
import type { TransferShare } from '../transfer/transfer-share.ts'
import { blockEncoder } from './block-codec.ts'
import type { Comeback } from './comeback.ts'
import { runTransfer } from './run-transfer.ts'
import type { Session } from './session.ts'
import type { TransferHooks } from './transfer.ts'
import type { TransferReceipt } from './transfer-receipt.ts'
import { type Verify, verified } from './verification.ts'

export interface DeliveryInit {
  session: Session
  outgoing: Outgoing
  receipt: TransferReceipt
  comeback: Comeback
  codecs: readonly Codec[]
  lanes: number | undefined
  limit: RateLimit | undefined
  /** What it may take of this machine by now; all that is good for it when absent. */
  share?: () => TransferShare
  verify: Verify | undefined
  reconnectMs: number | undefined
  signal: AbortSignal
  onEvent: TransferWatcher
  onDiagnostic?: DiagnosticWatcher | undefined
}

/** Sends everything to the receiver at the other end of `session`. Throws what `runTransfer` throws. */
export async function deliver(init: DeliveryInit): Promise<TransferSummary> {
  const { session, outgoing, receipt, comeback, codecs, lanes, limit, share, verify } = init
  const { signal, reconnectMs = DEFAULT_RECONNECT_MS, onDiagnostic } = init
  const isCounted = await isCountedSoon(outgoing)
  const onEvent: TransferWatcher = (event) => {
    receipt.watch(event)
    init.onEvent(event)
  }
  const { name, kind } = outgoing
  let begun = 0
  const begin = (hooks: TransferHooks, peer: Session): Sender => {
    const { files, bytes } = outgoing.counted
    const ready = verified(peer, { verify, signal, onEvent }).then(() => {
      onEvent({ event: 'offer', name, kind, files, bytes, isCounted })
    })
    begun += 1
    if (begun > 1) receipt.restart()
    return new Sender({
      offer: { name, kind, files, bytes, isCounted, blockBytes: BLOCK_BYTES },
      source: begun > 1 ? restarted(outgoing) : outgoing,
      totals: outgoing.totals,
      encoder: blockEncoder(codecs, namedCapabilities(peer.peerCapabilities)),
      lanes,
      limit,
      share,
      ready,
      ...hooks,
      onEvent,
    })
  }
  const run = { session, begin, comeback, reconnectMs, signal, onEvent, onDiagnostic }
  const { outcome, path, seconds } = await runTransfer(run)
  const { files, bytes, skipped, sentBytes: sent } = outcome
  const digest = Buffer.from(outcome.digest).toString('hex')
  const summary: TransferSummary = { files, bytes, skipped, sent, seconds, path, digest }
  await receipt.finish('sender', name, summary)
  onEvent({ event: 'done', ...summary })
  return summary
}

/**
 * Whether everything is counted, now or in a moment: a total is worth a short wait. Not where
 * counting failed: the transfer meets that as well, and can tell the receiver.
 */
async function isCountedSoon({ kind, totals }: Outgoing): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  // A single file is counted already, or it is a pipe, which is counted when it is over.
  const graceMs = kind === 'file' ? 0 : COUNTING_GRACE_MS
  const grace = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), graceMs)
  })
  try {
    const counted = totals.then(
      () => true,
      () => false,
    )
    return await Promise.race([counted, grace])
  } finally {
    clearTimeout(timer)
  }
}

/** `outgoing`, listed from the start again for a receiver that came anew. */
function restarted(outgoing: Outgoing): Source {
  const ready = outgoing.restart()
  ready.catch(() => {})
  return {
    list: async (count) => {
      await ready
      return outgoing.list(count)
    },
    read: (file, offset, buffer) => outgoing.read(file, offset, buffer),
    readWhole: (files) => outgoing.readWhole(files),
    finish: (file) => outgoing.finish(file),
    release: (file) => outgoing.release(file),
  }
}
