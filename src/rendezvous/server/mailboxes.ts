import { randomBytes } from 'node:crypto'
import { MAILBOX_IDLE_MS, MAILBOX_WAIT_MS, MAX_RECEIVERS_IN_LINE } from '../../limits.ts'
import type { OpenReply, OpenRequest, Refusal, RendezvousMessage, Role } from '../protocol.ts'
import { allocateNameplate } from './allocate-nameplate.ts'
import type { Budgets } from './budgets.ts'
import { RestingNameplates } from './resting-nameplates.ts'
import { sameToken } from './same-token.ts'

/** What is to be told to `to`, a client's id; `drop` means that its connection is to be ended. */
export type Effect =
  | { to: string; event: 'paired' | 'left'; pair: number }
  | { to: string; event: 'message'; pair: number; data: string }
  | { to: string; event: 'crowded'; isTurnedAway?: true }
  | { to: string; event: 'drop'; reason: 'crowded' | 'displaced' | 'done' | 'expired' | 'flood' }

interface Seat {
  id: string
  token: string
}

/** A receiver that waits until those before it have had their turn. */
interface Waiting extends Seat {
  sinceMs: number
}

interface Mailbox {
  nameplate: string
  /** Whose nameplate it is: the sender's, unless it was given out to a receiver. */
  owner: Role
  sender: Seat | undefined
  receiver: Seat | undefined
  /** Receivers after that one, first come first. */
  line: Waiting[]
  /** Whether the sender that is there takes one receiver after the other. */
  takesMany: boolean
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
    if (mailbox && seat && !sameToken(seat.token, request.token)) {
      if (request.role === 'sender') return refuse('taken', warn(mailbox))
      return this.#lineUp(id, request.token, mailbox, nowMs)
    }
    if (mailbox === undefined && this.size >= this.#budgets.mailboxes) return refuse('busy')

    const effects = mailbox && seat ? this.#displace(seat.id, mailbox, nowMs) : []
    const own = { id, token: newToken() }
    effects.push(...this.#seat(own, request, nameplate, nowMs))
    return { reply: { ok: true, nameplate, token: own.token }, effects }
  }

  /** A sender is done with the receiver of `pair`, which is let go; the next has its turn. */
  next(id: string, pair: number, nowMs: number): Effect[] {
    const mailbox = this.#byClient.get(id)
    if (mailbox?.sender?.id !== id || mailbox.receiver === undefined) return []
    if (mailbox.pair !== pair) return []
    const receiver = mailbox.receiver.id
    return [{ to: receiver, event: 'drop', reason: 'done' }, ...this.leave(receiver, nowMs)]
  }

  /** `id` has something for the other side. What belongs to a pairing of the past is dropped. */
  message(id: string, { pair, data }: RendezvousMessage, nowMs: number): Effect[] {
    const mailbox = this.#byClient.get(id)
    if (mailbox?.sender === undefined || mailbox.receiver === undefined) return []
    const isFromSender = mailbox.sender.id === id
    if (mailbox.pair !== pair || (!isFromSender && mailbox.receiver.id !== id)) return []
    mailbox.messages += 1
    mailbox.bytes += data.length
    const { mailboxMessages, mailboxBytes } = this.#budgets
    if (mailbox.messages > mailboxMessages || mailbox.bytes > mailboxBytes) {
      return [{ to: id, event: 'drop', reason: 'flood' }, ...this.leave(id, nowMs)]
    }
    mailbox.activeAtMs = nowMs
    const to = isFromSender ? mailbox.receiver.id : mailbox.sender.id
    return [{ to, event: 'message', pair, data }]
  }

  /**
   * `id` is gone. Its nameplate comes to rest, if it is its own or it was a sender: it is not given out
   * for a while, though who asks for it by name, to go on or with a code of its own, may have it. The
   * other side stays and waits; after a receiver the next in line has its turn.
   */
  leave(id: string, nowMs: number): Effect[] {
    const mailbox = this.#byClient.get(id)
    if (mailbox === undefined) return []
    const effects = this.#unseat(id, mailbox, nowMs)
    if (mailbox.receiver === undefined && mailbox.line.length > 0) {
      mailbox.receiver = mailbox.line.shift()
      effects.push(...pairUp(mailbox))
    }
    if (!mailbox.sender && !mailbox.receiver) this.#byNameplate.delete(mailbox.nameplate)
    return effects
  }

  /** Ends what waited or idled too long. */
  sweep(nowMs: number): Effect[] {
    this.#resting.sweep(nowMs)
    return [...this.#byNameplate.values()].flatMap((mailbox) => this.#expire(mailbox, nowMs))
  }

  #expire(mailbox: Mailbox, nowMs: number): Effect[] {
    const { sender, receiver, activeAtMs } = mailbox
    const limitMs = sender && receiver ? MAILBOX_IDLE_MS : MAILBOX_WAIT_MS
    const expired = mailbox.line.filter(({ sinceMs }) => nowMs - sinceMs >= MAILBOX_WAIT_MS)
    const idle = receiver ?? sender
    if (idle && nowMs - activeAtMs >= limitMs) expired.push({ ...idle, sinceMs: activeAtMs })
    return expired.flatMap(({ id }): Effect[] => [
      { to: id, event: 'drop', reason: 'expired' },
      ...this.leave(id, nowMs),
    ])
  }

  /**
   * A receiver that comes while another is there: it waits for its turn where the sender takes
   * several, or where no sender is there yet to tell.
   */
  #lineUp(
    id: string,
    token: string | undefined,
    mailbox: Mailbox,
    nowMs: number,
  ): { reply: OpenReply; effects: Effect[] } {
    if (mailbox.sender && !mailbox.takesMany) return refuse('crowded', warn(mailbox))
    const own: Waiting = { id, token: newToken(), sinceMs: nowMs }
    const reply: OpenReply = { ok: true, nameplate: mailbox.nameplate, token: own.token }
    const earlier = mailbox.line.findIndex((each) => sameToken(each.token, token))
    const [replaced] = earlier < 0 ? [] : mailbox.line.splice(earlier, 1, own)
    if (replaced === undefined) {
      if (mailbox.line.length >= MAX_RECEIVERS_IN_LINE) return refuse('busy')
      mailbox.line.push(own)
    }
    this.#byClient.set(id, mailbox)
    if (replaced === undefined) return { reply, effects: [] }
    this.#byClient.delete(replaced.id)
    return { reply, effects: [{ to: replaced.id, event: 'drop', reason: 'displaced' }] }
  }

  #allocate(nowMs: number): string | undefined {
    const isFree = (nameplate: string): boolean =>
      !this.#byNameplate.has(nameplate) && !this.#resting.has(nameplate, nowMs)
    return allocateNameplate(isFree, this.#minDigits, this.#draw)
  }

  /** A client that came back before its old connection was seen to be dead. */
  #displace(id: string, mailbox: Mailbox, nowMs: number): Effect[] {
    return [{ to: id, event: 'drop', reason: 'displaced' }, ...this.#unseat(id, mailbox, nowMs)]
  }

  #unseat(id: string, mailbox: Mailbox, nowMs: number): Effect[] {
    this.#byClient.delete(id)
    const role = roleOf(id, mailbox)
    if (role === undefined) {
      mailbox.line = mailbox.line.filter((each) => each.id !== id)
      return []
    }
    if (role === 'sender' || role === mailbox.owner) this.#resting.add(mailbox.nameplate, nowMs)
    const { sender, receiver, pair } = mailbox
    const other = role === 'sender' ? receiver : sender
    mailbox[role] = undefined
    mailbox.activeAtMs = nowMs
    return other ? [{ to: other.id, event: 'left', pair }] : []
  }

  #seat(seat: Seat, request: OpenRequest, nameplate: string, nowMs: number): Effect[] {
    const owner = request.nameplate === undefined ? request.role : 'sender'
    const mailbox = this.#byNameplate.get(nameplate) ?? emptyMailbox(nameplate, owner)
    mailbox[request.role] = seat
    mailbox.activeAtMs = nowMs
    this.#byNameplate.set(nameplate, mailbox)
    this.#byClient.set(seat.id, mailbox)
    if (request.role === 'sender') mailbox.takesMany = request.many === true
    const takesLine = mailbox.sender === undefined || mailbox.takesMany
    return [...(takesLine ? [] : this.#turnAway(mailbox)), ...pairUp(mailbox)]
  }

  /** The sender that came takes one receiver only, and that is the first. */
  #turnAway(mailbox: Mailbox): Effect[] {
    return mailbox.line.splice(0).flatMap(({ id }): Effect[] => {
      this.#byClient.delete(id)
      return [
        { to: id, event: 'crowded', isTurnedAway: true },
        { to: id, event: 'drop', reason: 'crowded' },
      ]
    })
  }
}

/** Begins a pairing, where both sides are there. */
function pairUp(mailbox: Mailbox): Effect[] {
  const { sender, receiver } = mailbox
  if (sender === undefined || receiver === undefined) return []
  mailbox.pair += 1
  mailbox.messages = 0
  mailbox.bytes = 0
  return [sender, receiver].map(({ id }) => ({ to: id, event: 'paired', pair: mailbox.pair }))
}

/** Which side `id` is; undefined where it waits in line. */
function roleOf(id: string, { sender, receiver }: Mailbox): Role | undefined {
  if (sender?.id === id) return 'sender'
  return receiver?.id === id ? 'receiver' : undefined
}

function newToken(): string {
  return randomBytes(16).toString('base64url')
}

function emptyMailbox(nameplate: string, owner: Role): Mailbox {
  return {
    nameplate,
    owner,
    sender: undefined,
    receiver: undefined,
    line: [],
    takesMany: false,
    pair: 0,
    messages: 0,
    bytes: 0,
    activeAtMs: 0,
  }
}

function refuse(error: Refusal, effects: Effect[] = []): { reply: OpenReply; effects: Effect[] } {
  return { reply: { ok: false, error }, effects }
}

/** Whoever made the code should know that somebody else tried its nameplate. */
function warn(mailbox: Mailbox): Effect[] {
  const owner = mailbox[mailbox.owner]
  return owner === undefined ? [] : [{ to: owner.id, event: 'crowded' }]
}
