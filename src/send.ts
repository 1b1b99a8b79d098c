import { generateSecret } from './code/secret.ts'
import { formatShareCode, parseCustomCode } from './code/share-code.ts'
import type { DiagnosticWatcher } from './diagnostics.ts'
import { ShareError, toShareError } from './errors.ts'
import type { PathInfo, TransferSummary, TransferWatcher } from './events.ts'
import type { Outgoing } from './files/outgoing.ts'
import {
  BLOCK_BYTES,
  COUNTING_GRACE_MS,
  DEFAULT_RECONNECT_MS,
  DEFAULT_SEND_WAIT_MS,
  MAX_LANES,
  WORDS_AT_TERMINAL,
} from './limits.ts'
import { loadEngine } from './peer/engine.ts'
import { parseRendezvousAddress, shortRendezvousAddress } from './rendezvous/address.ts'
import type { IceServer } from './rendezvous/ice-server.ts'
import { blockEncoder, wantedCodecs } from './session/block-codec.ts'
import { connectivityOf } from './session/connectivity.ts'
import { Meeting } from './session/meeting.ts'
import { openOutgoing, type SendInput } from './session/open-outgoing.ts'
import { Owned } from './session/owned.ts'
import type { Session } from './session/pairing.ts'
import { runTransfer, type TransferHooks } from './session/run-transfer.ts'
import { SenderComeback } from './session/sender-comeback.ts'
import { TransferReceipt } from './session/transfer-receipt.ts'
import { type Verify, verified } from './session/verification.ts'
import { withinWait } from './session/within-wait.ts'
import { namedCapabilities, ownCapabilities, VERIFY_CAPABILITY } from './transfer/capabilities.ts'
import type { Source } from './transfer/ports.ts'
import { assertLimit, RateLimit } from './transfer/rate-limit.ts'
import { Sender } from './transfer/sender.ts'

export type { SendInput } from './session/open-outgoing.ts'

export interface SendOptions {
  /** A code of one's own, `nameplate-secret`; made up when absent. */
  code?: string
  /** How many words a made-up code has, 2 to 8. */
  words?: number
  /** The rendezvous server; when absent one is run here and found on the local network. */
  rendezvous?: string
  /** STUN and TURN servers, in the place of those that the rendezvous names. */
  iceServers?: readonly IceServer[]
  /** Takes no other path to the receiver than a direct one, or than a relay. */
  only?: PathInfo['path']
  /** How long to wait for the receiver, in milliseconds. */
  waitMs?: number
  /** How long to wait for a connection that was lost, in milliseconds; 0 for not at all. */
  reconnectMs?: number
  /** How many connections side by side carry the data, 1 to 64; as many as help when absent. */
  lanes?: number
  /** What the transfer stays below, in bytes a second; at least 1000. */
  limitBytesPerSecond?: number
  /** Whether data may be compressed on its way, where that is faster; it may unless false. */
  compress?: boolean
  /** Patterns, as in a .gitignore at the top of each directory, of what is left out. */
  exclude?: readonly string[]
  /** Whether what git ignores is left out, and `.git` itself. */
  gitignore?: boolean
  /** Whether symbolic links are followed where they do not lead out of their directory. */
  follow?: boolean
  /** Asked, before anything is offered, whether the other side shows the same words. */
  verify?: Verify
  /** Where to write a receipt. */
  receipt?: string
  signal?: AbortSignal
  onEvent?: TransferWatcher
  /** Takes what explains a failure; nothing of it is secret. */
  onDiagnostic?: DiagnosticWatcher
}

export interface Sending {
  /** The share code: `code` for the network this machine is in, `full` with the server in it. */
  code: string
  full: string
  /** Settles when the receiver has everything, or with the ShareError that prevented it. */
  done: Promise<TransferSummary>
}

/**
 * Offers `what` to whoever has the code, and returns as soon as the code is known: a path, several,
 * a stream, or a text. Throws ShareErrors: `usage` for options that do not fit, `not-found`,
 * `not-a-file` and `permission` for the files, `no-rendezvous`; later failures are those of `done`.
 */
export async function send(what: SendInput, options: SendOptions = {}): Promise<Sending> {
  const { signal = new AbortController().signal, onEvent = () => {}, onDiagnostic } = options
  assertLanes(options.lanes)
  if (options.limitBytesPerSecond !== undefined) assertLimit(options.limitBytesPerSecond)
  const connectivity = connectivityOf(options)
  const custom = options.code === undefined ? undefined : parseCustomCode(options.code)
  const secret = custom?.secret ?? generateSecret(options.words ?? WORDS_AT_TERMINAL)
  const owned = new Owned()
  try {
    const outgoing = owned.add(await openOutgoing(what, { ...options, signal, onEvent }))
    const receipt = owned.add(await TransferReceipt.open(options.receipt))
    const server = owned.add(await chooseServer(options.rendezvous, signal))
    if (options.rendezvous === undefined) {
      onDiagnostic?.({ diagnostic: 'server', url: server.url, state: 'running' })
    }
    const capabilities = ownCapabilities(options.verify ? [VERIFY_CAPABILITY] : [])
    const meeting = owned.add(
      await Meeting.open({
        url: server.url,
        role: 'sender',
        ...(custom && { nameplate: custom.nameplate }),
        secret,
        capabilities,
        connectivity,
        onEvent,
        onDiagnostic,
        signal,
      }),
    )
    const { nameplate, token } = meeting
    server.announce(nameplate)
    const code = formatShareCode({ nameplate, secret })
    const full = formatShareCode({
      nameplate,
      secret,
      ...(server.address !== undefined && { server: server.address }),
    })
    onEvent({ event: 'code', code, full })
    onEvent({ event: 'waiting' })
    const { url, announce } = server
    const comeback = new SenderComeback({
      url,
      nameplate,
      secret,
      token,
      capabilities,
      connectivity,
      announce,
      onEvent,
      onDiagnostic,
    })
    const delivery = { options, signal, onEvent, outgoing, receipt, meeting, comeback }
    const done = deliver(delivery).finally(() => owned.close())
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

interface Delivery {
  options: SendOptions
  signal: AbortSignal
  onEvent: TransferWatcher
  outgoing: Outgoing
  receipt: TransferReceipt
  meeting: Meeting
  comeback: SenderComeback
}

/** Waits for the receiver and sends it everything. */
async function deliver(delivery: Delivery): Promise<TransferSummary> {
  const { options, signal, onEvent, outgoing, receipt, meeting, comeback } = delivery
  const { onDiagnostic } = options
  // While nobody is there yet; a machine without an engine is told before anybody comes.
  loadEngine()
  const codecs = await wantedCodecs(options.compress ?? true)
  const session = await withinWait(
    Promise.race([meeting.session, failureToCount(outgoing, () => meeting.isEstablished)]),
    options.waitMs ?? DEFAULT_SEND_WAIT_MS,
    () => meeting.isEstablished,
    () => new ShareError('nobody-came', 'Nobody came in time'),
  )
  // The nameplate is of no more use to it; that the server hears of it need not be waited for.
  void meeting.close()
  const isCounted = await isCountedSoon(outgoing)
  const watch: TransferWatcher = (event) => {
    receipt.watch(event)
    onEvent(event)
  }
  const { limitBytesPerSecond } = options
  const limit = limitBytesPerSecond === undefined ? undefined : new RateLimit(limitBytesPerSecond)
  const { name, kind } = outgoing
  let begun = 0
  const begin = (hooks: TransferHooks, peer: Session): Sender => {
    const { files, bytes } = outgoing.counted
    const ready = verified(peer, { verify: options.verify, signal, onEvent }).then(() => {
      onEvent({ event: 'offer', name, kind, files, bytes, isCounted })
    })
    begun += 1
    if (begun > 1) receipt.restart()
    return new Sender({
      offer: { name, kind, files, bytes, isCounted, blockBytes: BLOCK_BYTES },
      source: begun > 1 ? restarted(outgoing) : outgoing,
      totals: outgoing.totals,
      encoder: blockEncoder(codecs, namedCapabilities(peer.peerCapabilities)),
      lanes: options.lanes,
      limit,
      ready,
      ...hooks,
      onEvent: watch,
    })
  }
  const reconnectMs = options.reconnectMs ?? DEFAULT_RECONNECT_MS
  const run = { session, begin, comeback, reconnectMs, signal, onEvent: watch, onDiagnostic }
  const { outcome, path, seconds } = await runTransfer(run)
  const { files, bytes, skipped, sentBytes: sent } = outcome
  const digest = Buffer.from(outcome.digest).toString('hex')
  const summary: TransferSummary = { files, bytes, skipped, sent, seconds, path, digest }
  await receipt.finish('sender', name, summary)
  onEvent({ event: 'done', ...summary })
  return summary
}

/** Rejects with what cannot be sent; nobody needs to come for that. Otherwise never settles. */
function failureToCount({ totals }: Outgoing, isSomebodyThere: () => boolean): Promise<never> {
  return new Promise((_, reject) => {
    totals.catch((thrown: unknown) => {
      if (!isSomebodyThere()) reject(thrown)
    })
  })
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
    finish: (file) => outgoing.finish(file),
    release: (file) => outgoing.release(file),
  }
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
