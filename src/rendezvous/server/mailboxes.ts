import { randomBytes } from 'node:crypto'
import { MAILBOX_IDLE_MS, MAILBOX_WAIT_MS } from '../../limits.ts'
import type { OpenReply, OpenRequest, Refusal, RendezvousMessage, Role } from '../protocol.ts'
import { allocateNameplate } from './allocate-nameplate.ts'
import type { Budgets } from './budgets.ts'
import { RestingNameplates } from './resting-nameplates.ts'
import { sameToken } from './same-token.ts'

/** What is to be told to `to`, a client's id; `drop` means that its connection is to be ended. */
export type Effect =
  | { to: string; event: 'paired' | 'left'; pair: number }
  | { to: string; event: 'message'; pair: number; data: string }
  | { to: string; event: 'crowded' }
  | { to: string; event: 'drop'; reason: 'displaced' | 'expired' | 'flood' }

interface Seat {
  id: string
  token: string
}

interface Mailbox {
  nameplate: string
  sender: Seat | undefined
  receiver: Seat | undefined
  /** The number of the current pairing, or of the last one. */
  pair: number
  messages: number
  bytes: number
  /** When a side came or went, or a message passed. */
  activeAtMs: number
}

export interface MailboxesInit {
  budgets: Pick<Budgets, 'mailboxes' | 'mailboxMessages' | 'mailboxBytes'>
  minDigits: number
  resting?: RestingNameplates
  draw?: (low: number, high: number) => number
}

/**
 * Who waits where, and who is paired with whom. Pure but for randomness: clients are ids, the time
 * is handed in, and what is to be sent comes back as effects in the order in which to send it.
 */
export class Mailboxes {
  readonly #budgets: MailboxesInit['budgets']
  readonly #minDigits: number
  readonly #draw: MailboxesInit['draw']
  readonly #resting: RestingNameplates
  readonly #byNameplate = new Map<string, Mailbox>()
  readonly #byClient = new Map<string, Mailbox>()

  constructor({ budgets, minDigits, resting = new RestingNameplates(), draw }: MailboxesInit) {
    this.#budgets = budgets
    this.#minDigits = minDigits
    this.#resting = resting
    this.#draw = draw
  }

  get size(): number {
    return this.#byNameplate.size
  }

  get resting(): number {
    return this.#resting.size
  }

  /** `id` claims a side of a mailbox. The reply is to be sent before the effects. */
  open(id: string, request: OpenRequest, nowMs: number): { reply: OpenReply; effects: Effect[] } {
    if (this.#byClient.has(id)) return refuse('bad-request')
    const nameplate = request.nameplate ?? this.#allocate(nowMs)
    if (nameplate === undefined) return refuse('busy')
    const mailbox = this.#byNameplate.get(nameplate)
    const seat = mailbox?.[request.role]
    if (seat !== undefined && !sameToken(seat.token, request.token)) {
      return refuse(request.role === 'sender' ? 'taken' : 'crowded', warn(mailbox))
    }
    if (mailbox === undefined && this.size >= this.#budgets.mailboxes) return refuse('busy')

    const effects = seat === undefined ? [] : this.#displace(seat.id, nowMs)
    const token = randomBytes(16).toString('base64url')
    effects.push(...this.#seat({ id, token }, request.role, nameplate, nowMs))
    return { reply: { ok: true, nameplate, token }, effects }
  }

  /** `id` has something for the other side. What belongs to a pairing of the past is dropped. */
  message(id: string, { pair, data }: RendezvousMessage, nowMs: number): Effect[] {
    const mailbox = this.#byClient.get(id)
    if (mailbox?.sender === undefined || mailbox.receiver === undefined) return []
    if (mailbox.pair !== pair) return []
    mailbox.messages += 1
    mailbox.bytes += data.length
    const { mailboxMessages, mailboxBytes } = this.#budgets
    if (mailbox.messages > mailboxMessages || mailbox.bytes > mailboxBytes) {
      return [{ to: id, event: 'drop', reason: 'flood' }, ...this.leave(id, nowMs)]
    }
    mailbox.activeAtMs = nowMs
    const to = mailbox.sender.id === id ? mailbox.receiver.id : mailbox.sender.id
    return [{ to, event: 'message', pair, data }]
  }

  /**
   * `id` is gone. A sender's nameplate comes to rest: it is not given out for a while, though a
   * sender that asks for it by name, to go on or with a code of its own, may have it. The other
   * side stays and waits.
   */
  leave(id: string, nowMs: number): Effect[] {
    const mailbox = this.#byClient.get(id)
    if (mailbox === undefined) return []
    const role: Role = mailbox.sender?.id === id ? 'sender' : 'receiver'
    const other = role === 'sender' ? mailbox.receiver : mailbox.sender
    if (role === 'sender') this.#resting.add(mailbox.nameplate, nowMs)
    this.#byClient.delete(id)
    mailbox[role] = undefined
    mailbox.activeAtMs = nowMs
    if (other !== undefined) return [{ to: other.id, event: 'left', pair: mailbox.pair }]
    this.#byNameplate.delete(mailbox.nameplate)
    return []
  }

  /** Ends what waited or idled too long. */
  sweep(nowMs: number): Effect[] {
    this.#resting.sweep(nowMs)
    return [...this.#byNameplate.values()].flatMap((mailbox) => this.#expire(mailbox, nowMs))
  }

  #expire({ sender, receiver, activeAtMs }: Mailbox, nowMs: number): Effect[] {
    const limitMs = sender && receiver ? MAILBOX_IDLE_MS : MAILBOX_WAIT_MS
    const idle = receiver ?? sender
    if (idle === undefined || nowMs - activeAtMs < limitMs) return []
    return [{ to: idle.id, event: 'drop', reason: 'expired' }, ...this.leave(idle.id, nowMs)]
  }

  #allocate(nowMs: number): string | undefined {
    const isFree = (nameplate: string): boolean =>
      !this.#byNameplate.has(nameplate) && !this.#resting.has(nameplate, nowMs)
    return allocateNameplate(isFree, this.#minDigits, this.#draw)
  }

  /** A client that came back before its old connection was seen to be dead. */
  #displace(id: string, nowMs: number): Effect[] {
    return [{ to: id, event: 'drop', reason: 'displaced' }, ...this.leave(id, nowMs)]
  }

  #seat(seat: Seat, role: Role, nameplate: string, nowMs: number): Effect[] {
    const mailbox = this.#byNameplate.get(nameplate) ?? emptyMailbox(nameplate)
    mailbox[role] = seat
    mailbox.activeAtMs = nowMs
    this.#byNameplate.set(nameplate, mailbox)
    this.#byClient.set(seat.id, mailbox)
    const { sender, receiver } = mailbox
    if (sender === undefined || receiver === undefined) return []
    mailbox.pair += 1
    mailbox.messages = 0
    mailbox.bytes = 0
    return [sender, receiver].map(({ id }) => ({ to: id, event: 'paired', pair: mailbox.pair }))
  }
}

function emptyMailbox(nameplate: string): Mailbox {
  return {
    nameplate,
    sender: undefined,
    receiver: undefined,
    pair: 0,
    messages: 0,
    bytes: 0,
    activeAtMs: 0,
  }
}

function refuse(error: Refusal, effects: Effect[] = []): { reply: OpenReply; effects: Effect[] } {
  return { reply: { ok: false, error }, effects }
}

/** A sender should know that somebody else tried its nameplate. */
function warn(mailbox: Mailbox | undefined): Effect[] {
  return mailbox?.sender === undefined ? [] : [{ to: mailbox.sender.id, event: 'crowded' }]
}
