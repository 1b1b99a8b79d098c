import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  MAILBOX_IDLE_MS,
  MAILBOX_WAIT_MS,
  MAX_RECEIVERS_IN_LINE,
  NAMEPLATE_REST_MS,
} from '../../../src/limits.ts'
import type { OpenRequest } from '../../../src/rendezvous/protocol.ts'
import { DEFAULT_BUDGETS } from '../../../src/rendezvous/server/budgets.ts'
import { type Effect, Mailboxes } from '../../../src/rendezvous/server/mailboxes.ts'

const budgets = { ...DEFAULT_BUDGETS, mailboxes: 5, mailboxMessages: 4, mailboxBytes: 40 }
const lowest = (low: number): number => low

function create(): Mailboxes {
  return new Mailboxes({ budgets, minDigits: 1, draw: lowest })
}

function tokenOf(opened: ReturnType<Mailboxes['open']>): string {
  if (!opened.reply.ok) throw new Error(opened.reply.error)
  return opened.reply.token
}

describe('mailboxes', () => {
  it('give out no nameplate that rests, but let a sender have it that names it', () => {
    const mailboxes = create()
    mailboxes.open('a', { role: 'sender' }, 0)
    mailboxes.leave('a', 1)
    expect(mailboxes.open('b', { role: 'sender' }, 2).reply).toMatchObject({ nameplate: '2' })
    mailboxes.leave('b', 3)
    const again = mailboxes.open('c', { role: 'sender', nameplate: '1' }, 4)
    expect(again.reply).toMatchObject({ ok: true, nameplate: '1' })
    mailboxes.leave('c', 5)
    const afterRest = mailboxes.open('d', { role: 'sender' }, 5 + NAMEPLATE_REST_MS)
    expect(afterRest.reply).toMatchObject({ nameplate: '1' })
  })

  it('let a nameplate rest that was given out to a receiver, and tell it of who was turned away', () => {
    const mailboxes = create()
    const { reply } = mailboxes.open('r', { role: 'receiver' }, 0)
    if (!reply.ok) return expect.unreachable()
    const { nameplate } = reply
    mailboxes.open('s', { role: 'sender', nameplate }, 0)
    expect(mailboxes.open('t', { role: 'sender', nameplate }, 0)).toEqual({
      reply: { ok: false, error: 'taken' },
      effects: [{ to: 'r', event: 'crowded' }],
    })
    mailboxes.leave('r', 1)
    expect(mailboxes.resting).toBe(1)
  })

  it('let a nameplate be forgotten that a receiver waited at and no sender came to', () => {
    const mailboxes = create()
    mailboxes.open('r', { role: 'receiver', nameplate: 'x' }, 0)
    mailboxes.leave('r', 1)
    expect(mailboxes.resting).toBe(0)
  })

  it('let nobody take a nameplate whose sender is there', () => {
    const mailboxes = create()
    mailboxes.open('a', { role: 'sender' }, 0)
    const guess = { role: 'sender', nameplate: '1', token: 'A'.repeat(22) } as const
    expect(mailboxes.open('b', guess, 1).reply).toEqual({ ok: false, error: 'taken' })
  })

  it('put a side that comes back before its old connection is seen dead in its place', () => {
    const mailboxes = create()
    mailboxes.open('s', { role: 'sender' }, 0)
    const token = tokenOf(mailboxes.open('r', { role: 'receiver', nameplate: '1' }, 0))
    const again = mailboxes.open('r2', { role: 'receiver', nameplate: '1', token }, 1)
    expect(again.effects).toEqual([
      { to: 'r', event: 'drop', reason: 'displaced' },
      { to: 's', event: 'left', pair: 1 },
      { to: 's', event: 'paired', pair: 2 },
      { to: 'r2', event: 'paired', pair: 2 },
    ])
    expect(mailboxes.leave('r', 2)).toEqual([])
  })

  it('drop messages of a pairing that is over', () => {
    const mailboxes = create()
    mailboxes.open('s', { role: 'sender' }, 0)
    mailboxes.open('r', { role: 'receiver', nameplate: '1' }, 0)
    mailboxes.leave('r', 1)
    expect(mailboxes.message('s', { pair: 1, data: 'late' }, 2)).toEqual([])
    mailboxes.open('r2', { role: 'receiver', nameplate: '1' }, 3)
    expect(mailboxes.message('s', { pair: 1, data: 'late' }, 4)).toEqual([])
    expect(mailboxes.message('s', { pair: 2, data: 'now' }, 4)).toEqual([
      { to: 'r2', event: 'message', pair: 2, data: 'now' },
    ])
  })

  it('end a pairing that passes too many messages or bytes, at whoever sent the last', () => {
    const mailboxes = create()
    for (const [nameplate, size] of [
      ['many', 1],
      ['large', 21],
    ] as const) {
      mailboxes.open(`s ${nameplate}`, { role: 'sender', nameplate }, 0)
      mailboxes.open(`r ${nameplate}`, { role: 'receiver', nameplate }, 0)
      const send = (): Effect[] =>
        mailboxes.message(`r ${nameplate}`, { pair: 1, data: 'x'.repeat(size) }, 0)
      while (send()[0]?.event === 'message');
      expect(send()).toEqual([])
      expect(mailboxes.leave(`r ${nameplate}`, 1)).toEqual([])
    }
    expect(mailboxes.size).toBe(2)
  })

  it('count messages and bytes anew for each pairing', () => {
    const mailboxes = create()
    mailboxes.open('s', { role: 'sender' }, 0)
    for (const pair of [1, 2, 3]) {
      mailboxes.open('r', { role: 'receiver', nameplate: '1' }, 0)
      for (let count = 0; count < budgets.mailboxMessages; count += 1) {
        expect(mailboxes.message('r', { pair, data: '0123456789' }, 0)).toHaveLength(1)
      }
      mailboxes.leave('r', 0)
    }
  })

  it('let go of an idle receiver, then of a sender that waited too long', () => {
    const mailboxes = create()
    mailboxes.open('s', { role: 'sender' }, 0)
    mailboxes.open('r', { role: 'receiver', nameplate: '1' }, 0)
    mailboxes.message('r', { pair: 1, data: '' }, 10)
    expect(mailboxes.sweep(9 + MAILBOX_IDLE_MS)).toEqual([])
    expect(mailboxes.sweep(10 + MAILBOX_IDLE_MS)).toEqual([
      { to: 'r', event: 'drop', reason: 'expired' },
      { to: 's', event: 'left', pair: 1 },
    ])
    expect(mailboxes.sweep(9 + MAILBOX_IDLE_MS + MAILBOX_WAIT_MS)).toEqual([])
    expect(mailboxes.sweep(10 + MAILBOX_IDLE_MS + MAILBOX_WAIT_MS)).toEqual([
      { to: 's', event: 'drop', reason: 'expired' },
    ])
    expect(mailboxes.size).toBe(0)
  })

  it('let a line of receivers be only so long, and those in it come back and leave', () => {
    const mailboxes = create()
    const receiver = { role: 'receiver', nameplate: '1' } as const
    mailboxes.open('s', { role: 'sender', many: true }, 0)
    mailboxes.open('r', receiver, 0)
    const tokens = Array.from({ length: MAX_RECEIVERS_IN_LINE }, (_, index) =>
      tokenOf(mailboxes.open(`w${index}`, receiver, index)),
    )
    expect(mailboxes.open('late', receiver, 1).reply).toEqual({ ok: false, error: 'busy' })
    expect(mailboxes.message('w0', { pair: 1, data: 'x' }, 1)).toEqual([])

    const [token = ''] = tokens
    expect(mailboxes.open('w0 again', { ...receiver, token }, 1).effects).toEqual([
      { to: 'w0', event: 'drop', reason: 'displaced' },
    ])
    expect(mailboxes.leave('w0', 1)).toEqual([])
    expect(mailboxes.leave('w1', 1)).toEqual([])
    expect(mailboxes.next('r', 1, 2)).toEqual([])
    expect(mailboxes.next('s', 2, 2)).toEqual([])
    expect(mailboxes.next('s', 1, 2)).toEqual([
      { to: 'r', event: 'drop', reason: 'done' },
      { to: 's', event: 'left', pair: 1 },
      { to: 's', event: 'paired', pair: 2 },
      { to: 'w0 again', event: 'paired', pair: 2 },
    ])
    expect(mailboxes.leave('w0 again', 3).at(-1)).toEqual({ to: 'w2', event: 'paired', pair: 3 })
  })

  it('let go of those in a line that waited too long', () => {
    const mailboxes = create()
    for (const [at, id] of ['a', 'b', 'c'].entries()) {
      mailboxes.open(id, { role: 'receiver', nameplate: '1' }, at)
    }
    expect(mailboxes.sweep(1 + MAILBOX_WAIT_MS).map(({ to }) => to)).toEqual(['b', 'a'])
    mailboxes.leave('c', 2 + MAILBOX_WAIT_MS)
    expect(mailboxes.size).toBe(0)
  })

  it('are no more than the server has room for', () => {
    const mailboxes = create()
    for (let index = 0; index < budgets.mailboxes; index += 1) {
      expect(mailboxes.open(`s${index}`, { role: 'sender' }, 0).reply.ok).toBe(true)
    }
    const busy = { ok: false, error: 'busy' }
    expect(mailboxes.open('s', { role: 'sender' }, 0).reply).toEqual(busy)
    expect(mailboxes.open('r', { role: 'receiver', nameplate: 'x' }, 0).reply).toEqual(busy)
    expect(mailboxes.open('r', { role: 'receiver', nameplate: '1' }, 0).reply.ok).toBe(true)
  })

  it('keep their promises whatever happens in whatever order', () => {
    const client = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')
    const nameplate = fc.constantFrom('1', '2', 'x')
    const step = fc.oneof(
      fc.record({
        do: fc.constant('open' as const),
        client,
        nameplate,
        who: fc.constantFrom('receiver', 'sender', 'sender of many'),
      }),
      fc.record({ do: fc.constant('allocate' as const), client, sender: fc.boolean() }),
      fc.record({ do: fc.constant('reopen' as const), client, old: client }),
      fc.record({ do: fc.constant('message' as const), client, age: fc.nat(1) }),
      fc.record({ do: fc.constant('next' as const), client, age: fc.nat(1) }),
      fc.record({ do: fc.constant('leave' as const), client }),
      fc.record({
        do: fc.constant('wait' as const),
        ms: fc.constantFrom(1, MAILBOX_IDLE_MS, NAMEPLATE_REST_MS, MAILBOX_WAIT_MS),
      }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const world = new World()
        for (const each of steps) {
          switch (each.do) {
            case 'open':
              world.open(each.client, {
                nameplate: each.nameplate,
                ...(each.who === 'receiver'
                  ? { role: 'receiver' }
                  : { role: 'sender', many: each.who === 'sender of many' }),
              })
              break
            case 'allocate':
              world.open(each.client, { role: each.sender ? 'sender' : 'receiver' })
              break
            case 'reopen':
              world.reopen(each.client, each.old)
              break
            case 'message':
              world.message(each.client, each.age)
              break
            case 'next':
              world.next(each.client, each.age)
              break
            case 'leave':
              world.leave(each.client)
              break
            case 'wait':
              world.wait(each.ms)
          }
        }
        world.end()
      }),
      { numRuns: 500 },
    )
  })
})

type PairedEffect = Extract<Effect, { event: 'paired' | 'left' }>

/** Follows the effects as clients would, and checks what must hold after each. */
class World {
  readonly #mailboxes = create()
  readonly #seats = new Map<string, { request: OpenRequest; nameplate: string; token: string }>()
  readonly #partners = new Map<string, { partner: string; pair: number }>()
  readonly #lastPair = new Map<string, number>()
  readonly #restUntil = new Map<string, number>()
  #nowMs = 0

  open(client: string, request: OpenRequest): void {
    const wasSeated = this.#seats.has(client)
    const { reply, effects } = this.#mailboxes.open(client, request, this.#nowMs)
    if (wasSeated) expect(reply).toEqual({ ok: false, error: 'bad-request' })
    if (!reply.ok) {
      expect(effects.every(({ event }) => event === 'crowded')).toBe(true)
      return
    }
    if (request.nameplate === undefined) {
      expect((this.#restUntil.get(reply.nameplate) ?? 0) <= this.#nowMs).toBe(true)
      expect(this.#at(reply.nameplate)).toEqual([])
    }
    // What is displaced leaves before the newcomer sits down.
    const [before, after] = split(effects, (effect) => effect.event !== 'paired')
    this.#follow(before)
    if (request.role === 'sender') this.#restUntil.delete(reply.nameplate)
    this.#seats.set(client, { request, nameplate: reply.nameplate, token: reply.token })
    const senders = this.#at(reply.nameplate).filter(({ role }) => role === 'sender')
    expect(senders.length).toBeLessThanOrEqual(1)
    this.#follow(after)
  }

  reopen(client: string, old: string): void {
    const seat = this.#seats.get(old)
    if (seat === undefined || this.#seats.has(client)) return
    const { nameplate, token, request } = seat
    this.open(client, { role: request.role, nameplate, token })
    expect(this.#seats.has(client)).toBe(true)
    expect(this.#seats.has(old)).toBe(false)
  }

  message(client: string, age: number): void {
    const current = this.#partners.get(client)
    const pair = (current?.pair ?? 1) - age
    const effects = this.#mailboxes.message(client, { pair, data: 'abcd' }, this.#nowMs)
    const [first] = effects
    if (current === undefined || age > 0) expect(effects).toEqual([])
    else if (first?.event === 'drop') expect(first.to).toBe(client)
    else expect(effects).toEqual([{ to: current.partner, event: 'message', pair, data: 'abcd' }])
    this.#follow(effects)
  }

  next(client: string, age: number): void {
    const current = this.#partners.get(client)
    const pair = (current?.pair ?? 1) - age
    const effects = this.#mailboxes.next(client, pair, this.#nowMs)
    const isReceiver = this.#seats.get(client)?.request.role === 'receiver'
    if (current === undefined || age > 0 || isReceiver) expect(effects).toEqual([])
    else expect(effects[0]).toEqual({ to: current.partner, event: 'drop', reason: 'done' })
    this.#follow(effects)
  }

  leave(client: string): void {
    const effects = this.#mailboxes.leave(client, this.#nowMs)
    this.#unseat(client)
    this.#follow(effects)
  }

  wait(ms: number): void {
    this.#nowMs += ms
    this.#follow(this.#mailboxes.sweep(this.#nowMs))
  }

  end(): void {
    for (const client of [...this.#seats.keys()]) this.leave(client)
    expect(this.#mailboxes.size).toBe(0)
    expect(this.#partners.size).toBe(0)
    this.wait(NAMEPLATE_REST_MS)
    expect(this.#mailboxes.resting).toBe(0)
  }

  #at(nameplate: string): { role: string }[] {
    return [...this.#seats.values()]
      .filter((seat) => seat.nameplate === nameplate)
      .map(({ request }) => ({ role: request.role }))
  }

  #unseat(client: string): void {
    const seat = this.#seats.get(client)
    if (seat?.request.role === 'sender') {
      this.#restUntil.set(seat.nameplate, this.#nowMs + NAMEPLATE_REST_MS)
    }
    this.#seats.delete(client)
  }

  #follow(effects: Effect[]): void {
    for (const [index, effect] of effects.entries()) {
      expect(this.#seats.has(effect.to)).toBe(true)
      if (effect.event === 'drop') this.#unseat(effect.to)
      if (effect.event === 'paired' && !this.#partners.has(effect.to)) {
        const other = effects[index + 1]
        if (other?.event !== 'paired') expect.fail('not two sides')
        this.#pairUp(effect, other)
      }
      if (effect.event === 'left') {
        expect(this.#partners.get(effect.to)?.pair).toBe(effect.pair)
        const { partner } = this.#partners.get(effect.to) ?? expect.fail()
        expect(this.#seats.has(partner)).toBe(false)
        this.#partners.delete(partner)
        this.#partners.delete(effect.to)
      }
    }
    expect(this.#mailboxes.size).toBeLessThanOrEqual(budgets.mailboxes)
  }

  #pairUp(one: PairedEffect, two: PairedEffect): void {
    const paired = [one, two]
    expect(one.pair).toBe(two.pair)
    const seats = paired.map(({ to }) => this.#seats.get(to))
    expect(new Set(seats.map((seat) => seat?.nameplate)).size).toBe(1)
    expect(seats.map((seat) => seat?.request.role).sort()).toEqual(['receiver', 'sender'])
    for (const { to } of paired) {
      expect(this.#partners.has(to)).toBe(false)
      expect(one.pair).toBeGreaterThan(this.#lastPair.get(`${to} ${seats[0]?.token}`) ?? 0)
      this.#lastPair.set(`${to} ${seats[0]?.token}`, one.pair)
    }
    this.#partners.set(one.to, { partner: two.to, pair: one.pair })
    this.#partners.set(two.to, { partner: one.to, pair: one.pair })
  }
}

function split<T>(items: T[], isFirst: (item: T) => boolean): [T[], T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))]
}
