import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeConfirmation } from '../../src/secure/handshake-message.ts'
import { agreeOnKey, createSessionShare } from '../../src/secure/key-agreement.ts'
import { otherRole, type Role } from '../../src/secure/role.ts'
import {
  Conversation,
  createSession,
  Participant,
  type Passage,
  type Rendezvous,
} from './conversation.ts'
import { seededRandom } from './seeded-random.ts'
import { bytesOf } from './text.ts'
import { thrownBy } from './thrown.ts'

const ROLES = ['sender', 'receiver'] as const

function createConversation(name: string, rendezvous?: Rendezvous): Conversation {
  const side = (role: Role) =>
    new Participant(
      createSession(role, { randomBytes: seededRandom(`${name} ${role}`) }),
      [1, 2, 3].map((number) => `${number} of the ${role} in ${name}`),
    )
  return new Conversation({ sender: side('sender'), receiver: side('receiver') }, rendezvous)
}

/** A session with the same code that went well, as the rendezvous recorded it. */
const recorded = createConversation('an earlier session').run()
const MESSAGES = ROLES.flatMap((role) => recorded.sides[role].sent).length

type Deed = (passage: Passage) => ReturnType<Rendezvous>

const anyPosition = fc.nat({ max: 5000 })

/** Everything that a rendezvous can do with the message in its hands. */
const deed: fc.Arbitrary<Deed> = fc.oneof(
  fc.constant<Deed>(() => []),
  fc.constant<Deed>(({ to, message }) => [to, to].map((role) => ({ to: role, message }))),
  fc.constant<Deed>(({ to, message }) => [{ to: otherRole(to), message }]),
  fc.constant<Deed>(({ message }) => ROLES.map((role) => ({ to: role, message }))),
  fc.constant<Deed>(({ to, message, conversation }) => {
    const next = conversation.queues[to].shift()
    return (next === undefined ? [message] : [next, message]).map((moved) => ({
      to,
      message: moved,
    }))
  }),
  anyPosition.map<Deed>((at) => ({ to, message, conversation }) => {
    const { sent } = conversation.sides[otherRole(to)]
    const earlier = sent[at % sent.length] ?? message
    return [{ to, message: earlier }]
  }),
  fc.tuple(anyPosition, fc.nat({ max: 7 })).map<Deed>(([position, bit]) => ({ to, message }) => {
    const at = position % message.length
    return [{ to, message: message.with(at, (message[at] ?? 0) ^ (1 << bit)) }]
  }),
  anyPosition.map<Deed>((at) => ({ to, message }) => [
    { to, message: message.subarray(0, at % message.length) },
  ]),
  fc.uint8Array({ minLength: 1, maxLength: 40 }).map<Deed>((tail) => ({ to, message }) => [
    { to, message: Uint8Array.of(...message, ...tail) },
  ]),
  fc.uint8Array({ maxLength: 1100 }).map<Deed>((noise) => ({ to, message }) => [
    { to, message: noise },
    { to, message },
  ]),
  fc.constantFrom(1, 2, 3, 4, 5, 6, 0x10, 0x11).map<Deed>((type) => ({ to, message }) => [
    { to, message: type === 6 ? Uint8Array.of(type) : message.with(0, type) },
    { to, message },
  ]),
  anyPosition.map<Deed>((at) => ({ to, message, index }) => {
    const { taken } = recorded.sides[to]
    const counterpart = taken.filter(([type]) => type === message[0])
    const foreign = counterpart[at % Math.max(1, counterpart.length)] ?? taken[index % taken.length]
    return [{ to, message: foreign ?? message }]
  }),
)

/** A deed for some of the messages; the others pass as they are. */
function hostile(deeds: ReadonlyMap<number, Deed>): Rendezvous {
  return (passage) => {
    const { to, message, index } = passage
    return deeds.get(index)?.(passage) ?? [{ to, message }]
  }
}

function isPrefix<T>(prefix: readonly T[], whole: readonly T[], equal: (a: T, b: T) => boolean) {
  return prefix.every((item, index) => {
    const counterpart = whole[index]
    return counterpart !== undefined && equal(item, counterpart)
  })
}

const sameText = (a: string, b: string) => a === b
const sameBytes = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0

function expectNothingForeign({ sides }: Conversation): void {
  for (const role of ROLES) {
    expect(isPrefix(sides[role].delivered, sides[otherRole(role)].texts, sameText)).toBe(true)
  }
}

/** Whether `role` took exactly the first messages that the other side sent. */
function passedFaithfully({ sides }: Conversation, role: Role): boolean {
  return isPrefix(sides[role].taken, sides[otherRole(role)].sent, sameBytes)
}

const order = fc.array(fc.boolean(), { minLength: MESSAGES, maxLength: MESSAGES })

describe('a hostile rendezvous', () => {
  it('that does nothing lets everything through, in whatever order the two directions run', () => {
    fc.assert(
      fc.property(order, (picks) => {
        const { sides } = createConversation('this session').run((index) => picks[index] ?? true)
        for (const role of ROLES) {
          expect(sides[role].failure).toBeUndefined()
          expect(sides[role].delivered).toEqual(sides[otherRole(role)].texts)
        }
        expect(sides.sender.session.keys.bindKey).toEqual(sides.receiver.session.keys.bindKey)
      }),
      { numRuns: 20 },
    )
  })

  it('that alters one thing delivers nothing altered, and makes a side give up', () => {
    const at = fc.nat({ max: MESSAGES - 1 })
    fc.assert(
      fc.property(at, deed, order, (index, act, picks) => {
        const conversation = createConversation('this session', hostile(new Map([[index, act]])))
        conversation.run((step) => picks[step] ?? true)
        expectNothingForeign(conversation)
        const { sender, receiver } = conversation.sides
        const aborted = sender.failure !== undefined || receiver.failure !== undefined
        const faithful = ROLES.every((role) => passedFaithfully(conversation, role))
        expect(aborted).toBe(!faithful)
      }),
      { numRuns: 300 },
    )
  }, 120_000)

  it('that alters many things delivers nothing altered', () => {
    const at = fc.nat({ max: MESSAGES - 1 })
    const deeds = fc.array(fc.tuple(at, deed), { minLength: 2, maxLength: 6 })
    fc.assert(
      fc.property(deeds, order, (acts, picks) => {
        const conversation = createConversation('this session', hostile(new Map(acts)))
        conversation.run((step) => picks[step] ?? true)
        expectNothingForeign(conversation)
        const { sender, receiver } = conversation.sides
        if (sender.session.established && receiver.session.established) {
          expect(sender.session.keys.bindKey).toEqual(receiver.session.keys.bindKey)
        }
      }),
      { numRuns: 150 },
    )
  }, 120_000)

  it('cannot make a side deliver what follows a dropped message', () => {
    for (let dropped = 0; dropped < MESSAGES; dropped += 1) {
      const conversation = createConversation(
        'this session',
        hostile(new Map([[dropped, () => []]])),
      )
      conversation.run()
      expectNothingForeign(conversation)
      for (const role of ROLES) {
        if (passedFaithfully(conversation, role)) continue
        expect(conversation.sides[role].failure?.code).toBe('protocol')
      }
    }
  })

  it('cannot replay either half of an earlier session', () => {
    for (const role of ROLES) {
      const victim = createConversation('this session').sides[role]
      victim.start()
      for (const message of recorded.sides[role].taken) victim.take(message)
      expect(victim.failure).toBeDefined()
      expect(victim.delivered).toEqual([])
    }
  })
})

describe('a man in the middle who guesses the code wrong', () => {
  const guess = {
    nameplate: '7',
    secret: bytesOf('crossover-clockworm'),
    capabilities: bytesOf(''),
    randomBytes: seededRandom('man in the middle'),
  }

  it('is refused by the sender at the first guess, and learns nothing', () => {
    const { sender } = createConversation('this session').sides
    const impostor = new Participant(createSession('receiver', guess), ['planted'])
    const sides = { sender, receiver: impostor }
    new Conversation(sides).run()
    expect(sender.failure?.code).toBe('wrong-code')
    expect(sender.taken).toHaveLength(2)
    expect([...sender.delivered, ...impostor.delivered]).toEqual([])
    expect(sender.sent.filter(([type]) => type === 5 || (type ?? 0) >= 0x10)).toEqual([])
  })

  it('is refused by the receiver, and cannot open what it sealed', () => {
    const { receiver } = createConversation('this session').sides
    const nonce = seededRandom('nonce of the man in the middle')(16)
    receiver.start()
    const [initiator = nonce] = receiver.take(Uint8Array.of(1, ...nonce))
    const sessionId = Uint8Array.of(...nonce, ...initiator.subarray(1, 17))
    const own = createSessionShare(guess, sessionId)
    const peer = { share: initiator.subarray(17, 49), capabilities: initiator.subarray(49) }
    const agreement = agreeOnKey('sender', guess.capabilities, sessionId, own, peer)
    const [, sealed = nonce] = receiver.take(Uint8Array.of(3, ...own.share))
    expect(sealed[0]).toBe(0x10)
    expect(thrownBy(() => agreement.opener.open('key-encapsulation', sealed)).code).toBe('protocol')
    receiver.take(encodeConfirmation('sender', agreement.confirmations.sender))
    expect(receiver.failure?.code).toBe('wrong-code')
    expect(receiver.delivered).toEqual([])
  })
})
