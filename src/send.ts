import { ownCode } from './code/own-code.ts'
import { generateSecret } from './code/secret.ts'
import { formatShareCode, parseCustomCode, parseShareCode } from './code/share-code.ts'
import { toShareError } from './errors.ts'
import type { ReceiversSummary, TransferSummary, TransferWatcher } from './events.ts'
import { DEFAULT_SEND_WAIT_MS, SHARED_SOURCE_DESCRIPTORS, WORDS_AT_TERMINAL } from './limits.ts'
import { loadEngine } from './peer/engine.ts'
import type { Appointment } from './session/appointment.ts'
import { assertSendOptions } from './session/assert-send-options.ts'
import { wantedCodecs } from './session/block-codec.ts'
import { type ChosenServer, chooseServer } from './session/choose-server.ts'
import { connectivityOf } from './session/connectivity.ts'
import { countingFailure } from './session/counting-failure.ts'
import { deliver } from './session/delivery.ts'
import { Distribution } from './session/distribution.ts'
import { Guest } from './session/guest.ts'
import { Host } from './session/host.ts'
import { openOutgoing, type SendInput } from './session/open-outgoing.ts'
import { Owned } from './session/owned.ts'
import type { SendOptions, SeveralReceivers } from './session/send-options.ts'
import { SenderComeback } from './session/sender-comeback.ts'
import { TransferReceipt } from './session/transfer-receipt.ts'
import { withinWait } from './session/within-wait.ts'
import { ownCapabilities, VERIFY_CAPABILITY } from './transfer/capabilities.ts'
import { RateLimit } from './transfer/rate-limit.ts'

export type { SendInput } from './session/open-outgoing.ts'
export type { SendOptions, SeveralReceivers } from './session/send-options.ts'

export interface Sending<Outcome = TransferSummary> {
  /** The share code: `code` for the network this machine is in, `full` with the server in it. */
  code: string
  full: string
  /**
   * Settles when the receiver has everything, or with the ShareError that prevented it. With
   * several receivers, when it is over with all of them: what came of each is in the summary.
   */
  done: Promise<Outcome>
}

/**
 * Offers `what` to whoever has the code, and returns as soon as the code is known: a path, several,
 * a stream, or a text. Throws ShareErrors: `usage` for options that do not fit, `not-found`,
 * `not-a-file` and `permission` for the files, `no-rendezvous`; later failures are those of `done`.
 *
 * With `receivers`, to so many side by side; with `keep`, to everybody who comes until `signal` is
 * aborted, which is how that ends well. A wrong guess at the code uses it up for those to come, who
 * get the next `code` event; those who are in already go on.
 */
export async function send(
  what: SendInput,
  options: SendOptions & SeveralReceivers,
): Promise<Sending<ReceiversSummary>>
export async function send(what: SendInput, options?: SendOptions): Promise<Sending>
export async function send(
  what: SendInput,
  options: SendOptions & Partial<SeveralReceivers> = {},
): Promise<Sending<TransferSummary | ReceiversSummary>> {
  assertSendOptions(what, options)
  const { signal = new AbortController().signal, onEvent = () => {} } = options
  const job: Job = { what, options, signal, onEvent, owned: new Owned() }
  try {
    const isForSeveral = options.receivers !== undefined || options.keep === true
    return await (isForSeveral ? sendToSeveral(job) : sendToOne(job))
  } catch (thrown) {
    await job.owned.close()
    throw toShareError(thrown)
  }
}

interface Job {
  what: SendInput
  options: SendOptions & Partial<SeveralReceivers>
  signal: AbortSignal
  onEvent: TransferWatcher
  /** What is to be closed in the end. */
  owned: Owned
}

async function sendToOne({ what, options, signal, onEvent, owned }: Job): Promise<Sending> {
  const { onDiagnostic, rendezvous, to, verify } = options
  const connectivity = connectivityOf(options)
  const own = ownCode(options)
  if (to !== undefined) parseShareCode(to)
  const outgoing = owned.add(await openOutgoing(what, { ...options, signal, onEvent }))
  const receipt = owned.add(await TransferReceipt.open(options.receipt))
  const capabilities = capabilitiesOf(options)
  const watchers = { onEvent, onDiagnostic }
  const party = { role: 'sender', capabilities, connectivity, ...watchers, signal } as const
  const appointment: Appointment = owned.add(
    to === undefined
      ? await Host.open({ ...party, rendezvous, ...own })
      : new Guest({ ...party, rendezvous, code: to }),
  )
  const serve = async (): Promise<TransferSummary> => {
    // While nobody is there yet; a machine without an engine is told before anybody comes.
    loadEngine()
    const codecs = await wantedCodecs(options.compress ?? true)
    const isSomebodyThere = () => appointment.isEstablished
    const session = await withinWait(
      Promise.race([appointment.session, countingFailure(outgoing, isSomebodyThere)]),
      options.waitMs ?? DEFAULT_SEND_WAIT_MS,
      isSomebodyThere,
      () => appointment.nobodyCame(),
    )
    // The nameplate is of no more use to it; that the server hears of it need not be waited for.
    void appointment.leave()
    const { places, nameplate, secret } = appointment
    const comeback = new SenderComeback({ places, nameplate, secret, capabilities, ...watchers })
    const { lanes, reconnectMs } = options
    const limit = rateLimit(options)
    const transfer = { session, outgoing, receipt, comeback, codecs, lanes, limit }
    return await deliver({ ...transfer, verify, reconnectMs, signal, ...watchers })
  }
  const { code, full } = appointment
  return { code, full, done: settled(serve, owned) }
}

async function sendToSeveral(job: Job): Promise<Sending<ReceiversSummary>> {
  const { what, options, signal, onEvent, owned } = job
  const custom = options.code === undefined ? undefined : parseCustomCode(options.code)
  const connectivity = connectivityOf(options)
  const descriptors = SHARED_SOURCE_DESCRIPTORS
  const opened = await openOutgoing(what, { ...options, descriptors, signal, onEvent })
  const outgoing = owned.add(opened)
  const server = owned.add(await chooseServer(options, signal))
  let codes = { code: '', full: '' }
  const distribution = new Distribution({
    what,
    outgoing,
    receivers: options.receivers,
    options,
    codecs: await wantedCodecs(options.compress ?? true),
    limit: rateLimit(options),
    server,
    custom,
    newSecret: () => generateSecret(options.words ?? WORDS_AT_TERMINAL),
    capabilities: capabilitiesOf(options),
    connectivity,
    onCode: (code) => {
      codes = shareCodes(code, server)
      onEvent({ event: 'code', ...codes })
      onEvent({ event: 'waiting' })
    },
    signal,
    onEvent,
  })
  await distribution.open()
  const serve = async (): Promise<ReceiversSummary> => {
    loadEngine()
    return await distribution.run()
  }
  return { ...codes, done: settled(serve, owned) }
}

/** What `serve` comes to; then everything is closed. Whoever does not care need not handle it. */
function settled<Outcome>(serve: () => Promise<Outcome>, owned: Owned): Promise<Outcome> {
  const done = serve().finally(() => owned.close())
  done.catch(() => {})
  return done
}

function shareCodes(
  code: { nameplate: string; secret: string },
  { address }: ChosenServer,
): { code: string; full: string } {
  const full = formatShareCode({ ...code, ...(address !== undefined && { server: address }) })
  return { code: formatShareCode(code), full }
}

function capabilitiesOf({ verify }: SendOptions): Uint8Array {
  return ownCapabilities(verify ? [VERIFY_CAPABILITY] : [])
}

function rateLimit({ limitBytesPerSecond }: SendOptions): RateLimit | undefined {
  return limitBytesPerSecond === undefined ? undefined : new RateLimit(limitBytesPerSecond)
}
