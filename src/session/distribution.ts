import { parse } from 'node:path'
import type { Codec } from '../compression/codec.ts'
import { deferred } from '../deferred.ts'
import { abortReason, toShareError } from '../errors.ts'
import type { ReceiversSummary, TransferEvent, TransferSummary } from '../events.ts'
import type { Outgoing } from '../files/outgoing.ts'
import { DEFAULT_SEND_WAIT_MS, SHARED_SOURCE_DESCRIPTORS } from '../limits.ts'
import type { RateLimit } from '../transfer/rate-limit.ts'
import { transferShare } from '../transfer/transfer-share.ts'
import type { ChosenServer } from './choose-server.ts'
import { countingFailure } from './counting-failure.ts'
import { deliver } from './delivery.ts'
import { DeliveryComeback } from './delivery-comeback.ts'
import { dismiss } from './dismiss.ts'
import { Door, type DoorInit } from './door.ts'
import { openOutgoing, type SendInput } from './open-outgoing.ts'
import { Owned } from './owned.ts'
import { ReceiverRoster } from './receiver-roster.ts'
import { markOf, type ResumePlace, withMark } from './resume-place.ts'
import type { SendOptions } from './send-options.ts'
import type { Session } from './session.ts'
import { TransferReceipt } from './transfer-receipt.ts'

export interface DistributionInit
  extends Pick<DoorInit, 'custom' | 'newSecret' | 'capabilities' | 'connectivity'> {
  what: SendInput
  /** What is to be sent, opened once already: for the first receiver. */
  outgoing: Outgoing
  /** How many receivers; without an end when undefined. */
  receivers: number | undefined
  options: SendOptions
  codecs: readonly Codec[]
  limit: RateLimit | undefined
  server: ChosenServer
  /** The code is known, or there is another one. */
  onCode: DoorInit['onCode']
  signal: AbortSignal
  onEvent: (event: TransferEvent) => void
}

/** Sends to several receivers side by side: one door, and a delivery to each who comes in. */
export class Distribution {
  readonly #init: DistributionInit
  readonly #roster: ReceiverRoster
  readonly #deliveries = new Map<number, DeliveryComeback>()
  readonly #running = new Set<Promise<void>>()
  #door: Door | undefined
  #nameplate = ''
  #timer: NodeJS.Timeout | undefined
  #first: Outgoing | undefined
  readonly #over = deferred()

  constructor(init: DistributionInit) {
    this.#init = init
    this.#first = init.outgoing
    this.#roster = new ReceiverRoster(init.receivers)
  }

  /** Opens the door. Throws what `Door.open` throws, and `TransferReceipt.open`. */
  async open(): Promise<void> {
    const { custom, newSecret, capabilities, connectivity, server } = this.#init
    const { signal, onCode, onEvent } = this.#init
    // A place that cannot be written to is known before anybody comes.
    const receipt = await TransferReceipt.open(receiptPath(this.#init.options.receipt, 1))
    await receipt.close()
    this.#door = await Door.open({
      url: server.url,
      custom,
      newSecret,
      capabilities,
      connectivity,
      answer: (theirs) => {
        const { mark } = this.#heldFor(theirs) ?? {}
        return mark === undefined ? capabilities : withMark(capabilities, 'holds', mark)
      },
      // A receiver that lives and has lost its transfer can go on with it elsewhere.
      onEstablished: (theirs) => this.#heldFor(theirs) === undefined,
      onCode: (code) => {
        this.#nameplate = code.nameplate
        this.#announce()
        onCode(code)
      },
      onWrongCode: () => {
        this.#roster.wrongCode()
        this.#waitForNext()
      },
      onWarning: (message) => onEvent({ event: 'warning', message }),
      onSession: (session) => this.#letIn(session),
      onClosed: ({ message }) => {
        onEvent({ event: 'warning', message })
        this.#roster.close()
        this.#update()
      },
      onDiagnostic: this.#init.options.onDiagnostic,
      signal,
    })
  }

  /**
   * Serves everybody who comes, until all have, or nobody does any more; or until the signal is
   * aborted, which is the end that it has without a number of receivers. Throws what nobody can be
   * sent, and why the signal was aborted where there is a number. Closes the door in any case.
   */
  async run(): Promise<ReceiversSummary> {
    const { signal, outgoing, receivers, onEvent } = this.#init
    const onAbort = () => this.#over.resolve()
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) onAbort()
    const failure = countingFailure(outgoing, () => this.#deliveries.size > 0)
    failure.catch((thrown) => this.#over.reject(toShareError(thrown)))
    this.#waitForNext()
    this.#update()
    try {
      await this.#over.promise
    } finally {
      signal.removeEventListener('abort', onAbort)
      clearTimeout(this.#timer)
      this.#roster.close()
      await this.#door?.close()
      await Promise.all(this.#running)
    }
    const { summary } = this.#roster
    onEvent({ event: 'summary', ...summary })
    if (signal.aborted && receivers !== undefined) throw abortReason(signal)
    return summary
  }

  /** Whether others may come in after `session`. */
  #letIn(session: Session): boolean {
    // Who was started again does not know that; who was displaced so is let in as somebody else.
    const lost = [...this.#deliveries.values()].find(({ isLost }) => isLost)
    if (lost) lost.takeOver(session)
    else if (this.#roster.hasRoom) this.#begin(this.#roster.take(), session)
    else void dismiss(session)
    this.#waitForNext()
    this.#update()
    return this.#isOpen
  }

  /** The delivery that a receiver has lost, as it says, while we hold it: we meet there again. */
  #heldFor(theirs: Uint8Array): ResumePlace | undefined {
    const mark = markOf(theirs, 'lost')
    if (mark === undefined) return undefined
    const held = [...this.#deliveries.values()].find(({ place }) => place?.mark === mark)
    held?.hurry()
    return held?.place
  }

  get #isOpen(): boolean {
    return this.#roster.hasRoom || [...this.#deliveries.values()].some(({ isLost }) => isLost)
  }

  #begin(receiver: number, session: Session): void {
    const { server, capabilities, connectivity, options } = this.#init
    const comeback = new DeliveryComeback({
      url: server.url,
      capabilities,
      connectivity,
      onDiagnostic: options.onDiagnostic,
      onChange: () => this.#update(),
    })
    this.#deliveries.set(receiver, comeback)
    const running = this.#serve(receiver, session, comeback).finally(() => {
      this.#deliveries.delete(receiver)
      this.#running.delete(running)
      this.#waitForNext()
      this.#update()
    })
    this.#running.add(running)
  }

  /** Never throws. */
  async #serve(receiver: number, session: Session, comeback: DeliveryComeback): Promise<void> {
    try {
      this.#roster.settle(receiver, await this.#deliver(receiver, session, comeback))
    } catch (thrown) {
      const error = toShareError(thrown)
      const { code, message, hint, exit } = error
      this.#init.onEvent({ event: 'error', receiver, code, message, hint, exit })
      this.#roster.settle(receiver, error)
    }
  }

  async #deliver(
    receiver: number,
    session: Session,
    comeback: DeliveryComeback,
  ): Promise<TransferSummary> {
    const { options, codecs, limit, signal, onEvent } = this.#init
    const { lanes, reconnectMs, verify, onDiagnostic } = options
    const owned = new Owned()
    try {
      const opened = await this.#open(receiver, owned).catch((thrown: unknown) => {
        void dismiss(session)
        throw thrown
      })
      return await deliver({
        session,
        ...opened,
        comeback,
        codecs,
        lanes,
        limit,
        verify,
        reconnectMs,
        share: () => transferShare(this.#deliveries.size),
        signal,
        onEvent: (event) => onEvent(ofReceiver(event, receiver)),
        onDiagnostic,
      })
    } finally {
      await owned.close()
    }
  }

  /** What one receiver is sent, read for it alone, and its receipt. */
  async #open(receiver: number, owned: Owned) {
    const { what, options, signal } = this.#init
    const first = this.#first
    this.#first = undefined
    const descriptors = SHARED_SOURCE_DESCRIPTORS
    // What is left out was told when it was opened first.
    const again = { ...options, descriptors, signal, onEvent: () => {} }
    const outgoing = owned.add(first ?? (await openOutgoing(what, again)))
    const receipt = owned.add(await TransferReceipt.open(receiptPath(options.receipt, receiver)))
    return { outgoing, receipt }
  }

  /** Somebody came, or a place is free: the next has the whole time to come. */
  #waitForNext(): void {
    const { receivers, options } = this.#init
    const waitMs = options.waitMs ?? (receivers === undefined ? undefined : DEFAULT_SEND_WAIT_MS)
    clearTimeout(this.#timer)
    if (waitMs === undefined || this.#roster.isClosed) return
    this.#timer = setTimeout(() => {
      if (this.#door?.isBusy || !this.#roster.hasRoom) {
        this.#waitForNext()
        return
      }
      this.#roster.close()
      this.#update()
    }, waitMs)
  }

  #update(): void {
    this.#door?.setOpen(this.#isOpen)
    this.#announce()
    if (this.#roster.isOver) this.#over.resolve()
  }

  #announce(): void {
    const lost = [...this.#deliveries.values()].filter(({ isLost }) => isLost)
    const places = lost.flatMap(({ place }) => place?.nameplate ?? [])
    this.#init.server.announce(this.#nameplate, ...places)
  }
}

function ofReceiver(event: TransferEvent, receiver: number): TransferEvent {
  switch (event.event) {
    case 'code':
    case 'waiting':
    case 'text':
    case 'summary':
      return event
    default:
      return { ...event, receiver }
  }
}

/** `receipt.json` as `receipt.3.json`, for the third receiver. */
function receiptPath(path: string | undefined, receiver: number): string | undefined {
  if (path === undefined) return undefined
  const { ext } = parse(path)
  return `${path.slice(0, path.length - ext.length)}.${receiver}${ext}`
}
