import { Writable } from 'node:stream'
import { ownCode } from './code/own-code.ts'
import { parseShareCode } from './code/share-code.ts'
import type { Codec } from './compression/codec.ts'
import type { DiagnosticWatcher } from './diagnostics.ts'
import { throwIfAborted, toShareError } from './errors.ts'
import type { OfferInfo, PathInfo, TransferSummary, TransferWatcher } from './events.ts'
import type { ExistingPolicy } from './files/existing.ts'
import type { ByteWriter } from './files/stream-sink.ts'
import { WritableOutput } from './files/writable-output.ts'
import { DEFAULT_RECEIVE_WAIT_MS, DEFAULT_RECONNECT_MS } from './limits.ts'
import { loadEngine } from './peer/engine.ts'
import type { IceServer } from './rendezvous/ice-server.ts'
import type { ProxySettings } from './rendezvous/proxy.ts'
import type { Appointment } from './session/appointment.ts'
import { blockDecoder, wantedCodecs } from './session/block-codec.ts'
import { type Connectivity, connectivityOf } from './session/connectivity.ts'
import { Guest } from './session/guest.ts'
import { Host } from './session/host.ts'
import { Incoming } from './session/incoming.ts'
import { Owned } from './session/owned.ts'
import { ReceiverComeback } from './session/receiver-comeback.ts'
import { runTransfer } from './session/run-transfer.ts'
import type { Session } from './session/session.ts'
import type { TransferHooks } from './session/transfer.ts'
import { TransferReceipt } from './session/transfer-receipt.ts'
import { type Verify, verified } from './session/verification.ts'
import { withinWait } from './session/within-wait.ts'
import { ownCapabilities, VERIFY_CAPABILITY } from './transfer/capabilities.ts'
import type { Offer } from './transfer/frame.ts'
import { assertLimit } from './transfer/rate-limit.ts'
import { Receiver, type ReceiverInit } from './transfer/receiver.ts'

export { completeCode } from './code/completion.ts'
export { WORDS } from './code/words.ts'

export interface ReceiveOptions {
  /**
   * An existing directory, the new name, or a stream for one file; the current directory when absent.
   * A Writable is ended when everything is in it, and destroyed when something prevents that.
   */
  output?: string | ByteWriter | Writable
  /** What to do where something is already, or someone to ask; nothing is touched when absent. */
  existing?: ExistingPolicy
  /** Whether what is there already is brought up to date: only what differs is sent. */
  update?: boolean
  /** The rendezvous server; the code's own `@server` comes first. */
  rendezvous?: string
  /** STUN and TURN servers, in the place of those that the rendezvous names. */
  iceServers?: readonly IceServer[]
  /** Takes no other path to the sender than a direct one, or than a relay. */
  only?: PathInfo['path']
  /** On the way to a rendezvous server that is not in this network. */
  proxy?: ProxySettings
  /** How long to wait for the sender, in milliseconds. */
  waitMs?: number
  /** How long to wait for a connection that was lost, in milliseconds; 0 for not at all. */
  reconnectMs?: number
  /** Asked, before anything is accepted, whether the other side shows the same words. */
  verify?: Verify
  /** Asked once with what is on offer and where it would go; accepts everything when absent. */
  decide?: (offer: OfferInfo & { target: string }, signal: AbortSignal) => Promise<boolean>
  /** What the sender is asked to stay below, in bytes a second; at least 1000. */
  limitBytesPerSecond?: number
  /** Whether data may be compressed on its way, where that is faster; it may unless false. */
  compress?: boolean
  /** Where to write a receipt. */
  receipt?: string
  signal?: AbortSignal
  onEvent?: TransferWatcher
  /** Takes what explains a failure; nothing of it is secret. */
  onDiagnostic?: DiagnosticWatcher
}

export interface Received extends TransferSummary {
  /** The absolute path of what was saved; absent for a text, and for what went to a stream. */
  saved?: string
}

/**
 * Fetches what `code` stands for and saves it. Throws ShareErrors: `usage` for a code that is none,
 * `wrong-code`, `nobody-came`, `no-rendezvous`, `no-path`, `interrupted`, `integrity`, `protocol`,
 * those of the file's place (`file-exists`, `disk-full`, `permission`, `unsafe-name`, ...),
 * `declined` and `cancelled`.
 */
export async function receive(code: string, options: ReceiveOptions = {}): Promise<Received> {
  const { output, ...others } = options
  if (output instanceof Writable) {
    return new WritableOutput(output).fill(options.signal, (writer, signal) =>
      receive(code, { ...options, output: writer, signal }),
    )
  }
  parseShareCode(code)
  const { rendezvous } = others
  const make = async (party: Party) => new Guest({ ...party, rendezvous, code })
  const receiving = await begin({ ...others, ...(output !== undefined && { output }) }, make)
  return receiving.done
}

interface BeginOptions extends Omit<ReceiveOptions, 'output'> {
  /** An existing directory, the new name, or a writer for one file; the current directory when absent. */
  output?: string | ByteWriter
}

export interface ReceiveNewOptions extends BeginOptions {
  /** A code of one's own, `nameplate-secret`; made up when absent. */
  code?: string
  /** How many words a made-up code has, 2 to 8. */
  words?: number
  /** The rendezvous server; when absent one is run here and found on the local network. */
  rendezvous?: string
}

export interface Receiving {
  /** The share code: `code` for the network this machine is in, `full` with the server in it. */
  code: string
  full: string
  /** Settles when everything is there, or with the ShareError that prevented it, as of `receive`. */
  done: Promise<Received>
}

/**
 * Makes a code for somebody to send to (`send` with `to`), and returns as soon as it is known.
 * Throws ShareErrors: `usage` for options that do not fit, `no-rendezvous`; later failures are those
 * of `done`.
 */
export async function receiveNew(options: ReceiveNewOptions = {}): Promise<Receiving> {
  const own = ownCode(options)
  const { rendezvous } = options
  return begin(options, (party) => Host.open({ ...party, rendezvous, ...own }))
}

/** What there is to know of a side before anybody is met. */
interface Party {
  role: 'receiver'
  capabilities: Uint8Array
  connectivity: Connectivity
  onEvent: TransferWatcher
  onDiagnostic: DiagnosticWatcher | undefined
  signal: AbortSignal
}

/** Waits for the sender at an appointment that `make` makes, and takes what it brings. */
async function begin(
  options: BeginOptions,
  make: (party: Party) => Promise<Appointment>,
): Promise<Receiving> {
  const { signal = new AbortController().signal, onEvent = () => {}, onDiagnostic } = options
  const connectivity = connectivityOf(options)
  if (options.limitBytesPerSecond !== undefined) assertLimit(options.limitBytesPerSecond)
  throwIfAborted(signal)
  const owned = new Owned()
  try {
    const receipt = owned.add(await TransferReceipt.open(options.receipt))
    const codecs = await wantedCodecs(options.compress ?? true)
    const capabilities = ownCapabilities([
      ...codecs.map(({ name }) => name),
      ...(options.verify ? [VERIFY_CAPABILITY] : []),
    ])
    const watchers = { onEvent, onDiagnostic }
    const party = { role: 'receiver', capabilities, connectivity, ...watchers, signal } as const
    const appointment = owned.add(await make(party))
    const { code, full } = appointment
    const context = { codecs, receipt, appointment, capabilities, signal, onEvent }
    const done = fetch(options, context).finally(() => owned.close())
    done.catch(() => {})
    return { code, full, done }
  } catch (thrown) {
    await owned.close()
    throw toShareError(thrown)
  }
}

interface FetchContext {
  codecs: readonly Codec[]
  receipt: TransferReceipt
  appointment: Appointment
  capabilities: Uint8Array
  signal: AbortSignal
  onEvent: TransferWatcher
}

async function fetch(options: BeginOptions, context: FetchContext): Promise<Received> {
  const { appointment, capabilities } = context
  try {
    // While the servers answer; a machine without an engine is told before anybody is met.
    loadEngine()
    const session = await withinWait(
      appointment.session,
      options.waitMs ?? DEFAULT_RECEIVE_WAIT_MS,
      () => appointment.isEstablished,
      () => appointment.nobodyCame(),
    )
    // The nameplate is of no more use; that the server hears of it need not be waited for.
    void appointment.leave()
    const { places, nameplate, secret } = appointment
    const { onDiagnostic } = options
    const place = { places, nameplate, secret, capabilities, onDiagnostic }
    const comeback = new ReceiverComeback(place)
    return await save(session, options, { ...context, comeback })
  } catch (thrown) {
    throw toShareError(thrown)
  }
}

interface SaveContext extends Omit<FetchContext, 'appointment' | 'capabilities'> {
  comeback: ReceiverComeback
}

/** Takes what the sender offers and puts it where it belongs. */
async function save(
  session: Session,
  options: BeginOptions,
  { codecs, receipt, comeback, signal, onEvent }: SaveContext,
): Promise<Received> {
  const { output, decide, existing = 'refuse', update = false, onDiagnostic } = options
  const incoming = new Incoming({ output, decide, existing, update, signal, onEvent })
  const watch: TransferWatcher = (event) => {
    // Later the files are compared with it, under the names that they have here.
    const isFile = event.event === 'file'
    receipt.watch(isFile ? { ...event, path: incoming.savedAs(event.path) } : event)
    onEvent(event)
  }
  const receiverFor = (peer: Session, init: Omit<ReceiverInit, 'decoder'>): Receiver => {
    const ready = verified(peer, { verify: options.verify, signal, onEvent })
    const receiver = new Receiver({
      ...init,
      accept: async (offer) => {
        await ready
        return init.accept(offer)
      },
      decoder: blockDecoder(codecs),
      limitBytesPerSecond: options.limitBytesPerSecond,
    })
    // The sender may still be asked, and offer nothing yet.
    ready.catch((thrown) => receiver.fail(toShareError(thrown)))
    return receiver
  }
  let begun = 0
  const begin = (hooks: TransferHooks, peer: Session): Receiver => {
    begun += 1
    if (begun > 1) receipt.restart()
    const accept = (offer: Offer) => incoming.accept(offer)
    return receiverFor(peer, { accept, ...hooks, onEvent: watch })
  }
  const confirm = (hooks: TransferHooks, peer: Session): Receiver => {
    const accept = (offer: Offer) => incoming.confirm(offer)
    return receiverFor(peer, { accept, ...hooks, onEvent: () => {} })
  }
  try {
    const reconnectMs = options.reconnectMs ?? DEFAULT_RECONNECT_MS
    const watchers = { onEvent: watch, onDiagnostic }
    const run = { session, begin, confirm, comeback, reconnectMs, signal, ...watchers }
    const { outcome, path, seconds } = await runTransfer(run)
    const { files, bytes, skipped, receivedBytes: sent } = outcome
    const digest = Buffer.from(outcome.digest).toString('hex')
    const summary = { files, bytes, skipped, sent, seconds, path, digest }
    const { saved, text } = incoming
    if (text !== undefined) onEvent({ event: 'text', text })
    await receipt.finish('receiver', incoming.offer.name, summary)
    const received: Received = { ...summary, ...(saved !== undefined && { saved }) }
    onEvent({ event: 'done', ...received })
    return received
  } finally {
    await incoming.leave()
  }
}
