import { parseShareCode } from './code/share-code.ts'
import type { Codec } from './compression/codec.ts'
import { type ErrorCode, ShareError, throwIfAborted, toShareError } from './errors.ts'
import type { OfferInfo, TransferSummary, TransferWatcher } from './events.ts'
import { DEFAULT_RECEIVE_WAIT_MS } from './limits.ts'
import { loadEngine } from './peer/engine.ts'
import { parseRendezvousAddress } from './rendezvous/address.ts'
import { blockDecoder, wantedCodecs } from './session/block-codec.ts'
import type { Session } from './session/pairing.ts'
import { ReceivedFile } from './session/received-file.ts'
import { runTransfer } from './session/run-transfer.ts'
import { Search } from './session/search.ts'
import { withinWait } from './session/within-wait.ts'
import { ownCapabilities } from './transfer/capabilities.ts'
import { Receiver } from './transfer/receiver.ts'

export { completeCode } from './code/completion.ts'

export interface ReceiveOptions {
  /** Where to save: an existing directory, or the new file's name; the current directory when absent. */
  output?: string
  /** The rendezvous server; the code's own `@server` comes first. */
  rendezvous?: string
  /** How long to wait for the sender, in milliseconds. */
  waitMs?: number
  /** Asked once with what is on offer and where it would go; accepts everything when absent. */
  decide?: (offer: OfferInfo & { target: string }, signal: AbortSignal) => Promise<boolean>
  /** Whether data may be compressed on its way, where that is faster; it may unless false. */
  compress?: boolean
  signal?: AbortSignal
  onEvent?: TransferWatcher
}

export interface Received extends TransferSummary {
  /** The absolute path of what was saved. */
  saved: string
}

/**
 * Fetches what `code` stands for and saves it. Throws ShareErrors: `usage` for a code that is none,
 * `wrong-code`, `nobody-came`, `no-rendezvous`, `no-path`, `interrupted`, `integrity`, `protocol`,
 * those of the file's place (`file-exists`, `disk-full`, `permission`, `unsafe-name`, ...),
 * `declined` and `cancelled`.
 */
export async function receive(code: string, options: ReceiveOptions = {}): Promise<Received> {
  const { signal = new AbortController().signal, onEvent = () => {} } = options
  const { nameplate, secret, server } = parseShareCode(code)
  const address = server ?? options.rendezvous
  throwIfAborted(signal)
  const codecs = await wantedCodecs(options.compress ?? true)
  const search = new Search({
    ...(address !== undefined && { url: parseRendezvousAddress(address) }),
    nameplate,
    secret,
    capabilities: ownCapabilities(codecs.map(({ name }) => name)),
    onEvent,
    signal,
  })
  try {
    // While the servers answer; a machine without an engine is told before anybody is met.
    loadEngine()
    const session = await withinWait(
      search.session,
      options.waitMs ?? DEFAULT_RECEIVE_WAIT_MS,
      () => search.isEstablished,
      () => nobodyCame(search.hasWaited),
    )
    // The nameplate is of no more use; that the server hears of it need not be waited for.
    void search.close()
    return await save(session, options, { codecs, signal, onEvent })
  } catch (thrown) {
    throw toShareError(thrown)
  } finally {
    await search.close()
  }
}

interface SaveContext {
  codecs: readonly Codec[]
  signal: AbortSignal
  onEvent: TransferWatcher
}

/** Takes what the sender offers and puts it where it belongs. */
async function save(
  session: Session,
  options: ReceiveOptions,
  { codecs, signal, onEvent }: SaveContext,
): Promise<Received> {
  const { output, decide } = options
  const file = new ReceivedFile({ output, decide, signal, onEvent })
  const receiver = new Receiver({
    accept: (offer) => file.accept(offer),
    decoder: blockDecoder(codecs),
    onEvent,
  })
  let damaged = false
  try {
    const { outcome, path, seconds } = await runTransfer(session, receiver, signal, onEvent)
    const { files, bytes } = file.offer
    const digest = Buffer.from(outcome.digest).toString('hex')
    const summary = { files, bytes, sent: outcome.receivedBytes, seconds, path, digest }
    const received: Received = { ...summary, saved: file.path }
    onEvent({ event: 'done', ...received })
    return received
  } catch (thrown) {
    damaged = thrown instanceof ShareError && DAMAGE.has(thrown.code)
    throw thrown
  } finally {
    await file.leave(damaged)
  }
}

/** Failures after which what arrived is of no use. */
const DAMAGE: ReadonlySet<ErrorCode> = new Set(['integrity', 'protocol'])

function nobodyCame(hasWaited: boolean): ShareError {
  return hasWaited
    ? new ShareError('nobody-came', 'The sender did not come in time')
    : new ShareError('no-rendezvous', 'No sender was found on this machine or its network', {
        hint: 'Type the whole code with its @address, or name the server with --rendezvous.',
      })
}
