import { generateSecret } from './code/secret.ts'
import { formatShareCode, parseCustomCode } from './code/share-code.ts'
import { ShareError, toShareError } from './errors.ts'
import type { TransferSummary, TransferWatcher } from './events.ts'
import { type FileSource, openFileSource } from './files/file-source.ts'
import { BLOCK_BYTES, DEFAULT_SEND_WAIT_MS, MAX_LANES, WORDS_AT_TERMINAL } from './limits.ts'
import { loadEngine } from './peer/engine.ts'
import { parseRendezvousAddress, shortRendezvousAddress } from './rendezvous/address.ts'
import { blockEncoder, wantedCodecs } from './session/block-codec.ts'
import { Meeting } from './session/meeting.ts'
import { Owned } from './session/owned.ts'
import { runTransfer } from './session/run-transfer.ts'
import { withinWait } from './session/within-wait.ts'
import { namedCapabilities, ownCapabilities } from './transfer/capabilities.ts'
import type { Offer } from './transfer/frame.ts'
import { Sender } from './transfer/sender.ts'

export interface SendOptions {
  /** A code of one's own, `nameplate-secret`; made up when absent. */
  code?: string
  /** How many words a made-up code has, 2 to 8. */
  words?: number
  /** The rendezvous server; when absent one is run here and found on the local network. */
  rendezvous?: string
  /** How long to wait for the receiver, in milliseconds. */
  waitMs?: number
  /** How many connections side by side carry the data, 1 to 64; as many as help when absent. */
  lanes?: number
  /** Whether data may be compressed on its way, where that is faster; it may unless false. */
  compress?: boolean
  signal?: AbortSignal
  onEvent?: TransferWatcher
}

export interface Sending {
  /** The share code: `code` for the network this machine is in, `full` with the server in it. */
  code: string
  full: string
  /** Settles when the receiver has the file, or with the ShareError that prevented it. */
  done: Promise<TransferSummary>
}

/**
 * Offers the file at `path` to whoever has the code, and returns as soon as the code is known.
 * Throws ShareErrors: `usage` for options that do not fit, `not-found`, `not-a-file` and
 * `permission` for the file, `no-rendezvous`; later failures are those of `done`.
 */
export async function send(path: string, options: SendOptions = {}): Promise<Sending> {
  const { signal = new AbortController().signal, onEvent = () => {} } = options
  assertLanes(options.lanes)
  const custom = options.code === undefined ? undefined : parseCustomCode(options.code)
  const secret = custom?.secret ?? generateSecret(options.words ?? WORDS_AT_TERMINAL)
  const owned = new Owned()
  try {
    const source = owned.add(await openFileSource(path, signal))
    const server = owned.add(await chooseServer(options.rendezvous, signal))
    const meeting = owned.add(
      await Meeting.open({
        url: server.url,
        role: 'sender',
        ...(custom && { nameplate: custom.nameplate }),
        secret,
        capabilities: ownCapabilities([]),
        onEvent,
        signal,
      }),
    )
    const { nameplate } = meeting
    server.announce(nameplate)
    const code = formatShareCode({ nameplate, secret })
    const full = formatShareCode({
      nameplate,
      secret,
      ...(server.address !== undefined && { server: server.address }),
    })
    onEvent({ event: 'code', code, full })
    onEvent({ event: 'waiting' })
    const waitMs = options.waitMs ?? DEFAULT_SEND_WAIT_MS
    const { lanes, compress = true } = options
    const done = deliver(source, meeting, { waitMs, lanes, compress, signal, onEvent }).finally(
      () => owned.close(),
    )
    done.catch(() => {})
    return { code, full, done }
  } catch (thrown) {
    await owned.close()
    throw toShareError(thrown)
  }
}

function assertLanes(lanes = 1): void {
  if (Number.isInteger(lanes) && lanes >= 1 && lanes <= MAX_LANES) return
  throw new ShareError('usage', `A transfer has 1 to ${MAX_LANES} lanes`)
}

interface DeliverOptions {
  waitMs: number
  lanes: number | undefined
  compress: boolean
  signal: AbortSignal
  onEvent: TransferWatcher
}

/** Waits for the receiver and sends it the file. */
async function deliver(
  source: FileSource,
  meeting: Meeting,
  { waitMs, lanes, compress, signal, onEvent }: DeliverOptions,
): Promise<TransferSummary> {
  // While nobody is there yet; a machine without an engine is told before anybody comes.
  loadEngine()
  const codecs = await wantedCodecs(compress)
  const session = await withinWait(
    meeting.session,
    waitMs,
    () => meeting.isEstablished,
    () => new ShareError('nobody-came', 'Nobody came for the file in time'),
  )
  // The nameplate is of no more use; that the server hears of it need not be waited for.
  void meeting.close()
  const offer = offerOf(source)
  const sender = new Sender({
    offer,
    entries: [
      { path: offer.name, bytes: offer.bytes, mode: source.mode, modifiedMs: source.modifiedMs },
    ],
    source: {
      read: (_, offset, buffer) => source.read(offset, buffer),
      assertUnchanged: () => source.assertUnchanged(),
    },
    encoder: blockEncoder(codecs, namedCapabilities(session.peerCapabilities)),
    lanes,
    onEvent,
  })
  const { name, files, bytes } = offer
  const { outcome, path, seconds } = await runTransfer(session, sender, signal, (event) => {
    onEvent(event)
    if (event.event === 'connected') onEvent({ event: 'offer', name, files, bytes })
  })
  const digest = Buffer.from(outcome.digest).toString('hex')
  const summary: TransferSummary = { files, bytes, sent: outcome.sentBytes, seconds, path, digest }
  onEvent({ event: 'done', ...summary })
  return summary
}

function offerOf({ name, bytes }: FileSource): Offer {
  return { name, files: 1, bytes, blockBytes: BLOCK_BYTES }
}

/** The server that was named, or one in this process. */
async function chooseServer(rendezvous: string | undefined, signal: AbortSignal) {
  if (rendezvous === undefined) {
    const { startLocalRendezvous } = await import('./session/local-rendezvous.ts')
    return startLocalRendezvous(signal)
  }
  const url = parseRendezvousAddress(rendezvous)
  return { url, address: shortRendezvousAddress(url), announce: () => {}, close: () => {} }
}
