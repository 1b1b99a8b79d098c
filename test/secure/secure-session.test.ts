import { inspect } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import type { Role } from '../../src/secure/role.ts'
import { SecureSession } from '../../src/secure/secure-session.ts'
import { Conversation, createSession, Participant, type Rendezvous } from './conversation.ts'
import { seededRandom } from './seeded-random.ts'
import { bytesOf, hexOf, textOf } from './text.ts'
import { thrownBy } from './thrown.ts'

const TEXTS = { sender: ['answer', 'candidate', 'last'], receiver: ['offer', 'ice', 'end'] }
/** Message types on the wire. */
const [NONCE, SHARE_A, SHARE_B, CONFIRM_A, CONFIRM_B, WRONG_CODE, KEM, SIGNAL] = [
  1, 2, 3, 4, 5, 6, 0x10, 0x11,
]

interface Overrides {
  sender?: Parameters<typeof createSession>[1]
  receiver?: Parameters<typeof createSession>[1]
}

function converse(rendezvous?: Rendezvous, overrides: Overrides = {}): Conversation {
  const side = (role: Role) => new Participant(createSession(role, overrides[role]), TEXTS[role])
  return new Conversation({ sender: side('sender'), receiver: side('receiver') }, rendezvous).run()
}

const typesOf = (messages: readonly Uint8Array[]) => messages.map((message) => message[0])

describe('two sessions with the same code', () => {
  it('deliver what each submits to the other, in order', () => {
    const { sender, receiver } = converse().sides
    expect(receiver.delivered).toEqual(TEXTS.sender)
    expect(sender.delivered).toEqual(TEXTS.receiver)
  })

  it('send their messages in the order of the protocol', () => {
    const { sender, receiver } = converse().sides
    expect(typesOf(sender.sent)).toEqual([NONCE, SHARE_B, CONFIRM_B, KEM, SIGNAL, SIGNAL, SIGNAL])
    expect(typesOf(receiver.sent)).toEqual([SHARE_A, CONFIRM_A, KEM, SIGNAL, SIGNAL, SIGNAL])
  })

  it('agree on keys and know what the other side can do', () => {
    const { sender, receiver } = converse().sides
    const [a, b] = [sender.session, receiver.session]
    expect([a.established, b.established]).toEqual([true, true])
    expect(a.keys.bindKey).toEqual(b.keys.bindKey)
    expect(a.keys.resumeKey).toEqual(b.keys.resumeKey)
    expect(a.keys.resumeNameplate).toBe(b.keys.resumeNameplate)
    expect(a.keys.frameKey(0, 'sender-to-receiver')).toEqual(
      b.keys.frameKey(0, 'sender-to-receiver'),
    )
    expect(textOf(a.peerCapabilities)).toBe('capabilities of the receiver')
    expect(textOf(b.peerCapabilities)).toBe('capabilities of the sender')
  })

  it('say the same where one works ahead, which spares it that later', () => {
    const randomBytes = vi.fn(seededRandom('randomness of the receiver'))
    const draws: number[] = []
    const { sender, receiver } = converse(
      ({ to, message, conversation }) => {
        if (message[0] === SHARE_A) conversation.sides.receiver.session.workAhead()
        draws.push(randomBytes.mock.calls.length)
        return [{ to, message }]
      },
      { receiver: { randomBytes } },
    ).sides
    expect(draws).toEqual([0, ...draws.slice(1).map(() => randomBytes.mock.calls.length)])
    const usual = converse().sides
    expect(receiver.sent).toEqual(usual.receiver.sent)
    expect(sender.delivered).toEqual(TEXTS.receiver)
  })

  it('agree on other keys every time', () => {
    const withSystemRandomness = () => {
      const session = (role: Role) =>
        new SecureSession({ role, nameplate: '7', secret: bytesOf('s'), capabilities: bytesOf('') })
      const sides = {
        sender: new Participant(session('sender'), []),
        receiver: new Participant(session('receiver'), []),
      }
      return hexOf(new Conversation(sides).run().sides.sender.session.keys.resumeKey)
    }
    expect(withSystemRandomness()).not.toBe(withSystemRandomness())
  })

  it('can go on in a new session under the resume key', () => {
    const { keys } = converse().sides.sender.session
    const resumed = { nameplate: keys.resumeNameplate, secret: keys.resumeKey }
    const { sender, receiver } = converse(undefined, { sender: resumed, receiver: resumed }).sides
    expect(receiver.delivered).toEqual(TEXTS.sender)
    expect(sender.session.keys.resumeKey).not.toEqual(keys.resumeKey)
  })
})

describe('a wrong code', () => {
  const wrong = { receiver: { secret: bytesOf('crossover-clockworm') } }

  it('is noticed by the sender at the first confirmation, and told to the receiver', () => {
    const { sender, receiver } = converse(undefined, wrong).sides
    expect(sender.failure?.code).toBe('wrong-code')
    expect(receiver.failure?.code).toBe('wrong-code')
    expect(typesOf(sender.taken)).toEqual([SHARE_A, CONFIRM_A])
    expect(typesOf(sender.sent)).toEqual([NONCE, SHARE_B, WRONG_CODE])
    expect([...sender.delivered, ...receiver.delivered]).toEqual([])
  })

  it('is final: the right confirmation is refused after it', () => {
    const right = converse().sides.receiver
    const { sender } = converse(undefined, wrong).sides
    expect(right.sent).not.toHaveLength(0)
    for (const message of right.sent) {
      expect(thrownBy(() => sender.session.receive(message))).toBe(sender.failure)
    }
    expect(thrownBy(() => sender.session.submit(bytesOf('text')))).toBe(sender.failure)
    expect(thrownBy(() => sender.session.keys)).toBe(sender.failure)
    expect(sender.session.established).toBe(false)
  })

  it('is what the same words under another nameplate are', () => {
    const { sender, receiver } = converse(undefined, { receiver: { nameplate: '8' } }).sides
    expect(sender.failure?.code).toBe('wrong-code')
    expect(receiver.failure?.code).toBe('wrong-code')
  })

  it('appears in no message, error or inspection', () => {
    const { sender, receiver } = converse(undefined, wrong).sides
    const said = [...sender.sent, ...receiver.sent].map(textOf).join()
    const shown = inspect([sender, receiver, sender.failure, receiver.failure], {
      depth: 20,
      showHidden: true,
    })
    for (const words of ['crossover', 'clockwork', 'clockworm']) {
      expect(said).not.toContain(words)
      expect(shown).not.toContain(words)
      expect(shown).not.toContain([...bytesOf(words)].join(', '))
    }
  })

  it('leaves a farewell at the sender only', () => {
    const { sender, receiver } = converse(undefined, wrong).sides
    expect(typesOf([sender.session.farewell ?? bytesOf('')])).toEqual([WRONG_CODE])
    expect(receiver.session.farewell).toBeUndefined()
    expect(converse().sides.sender.session.farewell).toBeUndefined()
  })
})

describe('before the other side has confirmed', () => {
  it('the sender has sent nothing that depends on the key', () => {
    const { sender } = converse(({ to, message }) =>
      message[0] === CONFIRM_A ? [] : [{ to, message }],
    ).sides
    expect(typesOf(sender.sent)).toEqual([NONCE, SHARE_B])
    expect(sender.delivered).toEqual([])
  })

  it('the receiver opens no sealed message', () => {
    const { receiver } = converse(({ to, message }) =>
      message[0] === CONFIRM_B ? [] : [{ to, message }],
    ).sides
    expect(receiver.failure?.code).toBe('protocol')
    expect(receiver.delivered).toEqual([])
  })

  it('the keys are out of reach', () => {
    const session = createSession('sender')
    expect(() => session.keys).toThrow(TypeError)
    expect(() => session.peerCapabilities).toThrow(TypeError)
    session.start()
    expect(() => session.keys).toThrow(TypeError)
  })

  it('a wrong confirmation of the sender is a wrong code at the receiver', () => {
    const { receiver } = converse(({ to, message }) => [
      { to, message: message[0] === CONFIRM_B ? message.with(1, (message[1] ?? 0) ^ 1) : message },
    ]).sides
    expect(receiver.failure?.code).toBe('wrong-code')
    expect(receiver.delivered).toEqual([])
  })

  it('a notice of a wrong code counts to a receiver, in the place of a greeting too', () => {
    const notice = Uint8Array.of(WRONG_CODE ?? 0)
    const [receiver, greeted] = [createSession('receiver'), createSession('receiver')]
    receiver.start()
    expect(thrownBy(() => receiver.receive(notice)).code).toBe('wrong-code')
    const sender = createSession('sender')
    const [greeting = new Uint8Array()] = sender.start()
    expect(thrownBy(() => sender.receive(notice)).code).toBe('protocol')
    greeted.start()
    greeted.receive(greeting)
    expect(thrownBy(() => greeted.receive(notice)).code).toBe('protocol')
  })
})

describe('altered capabilities', () => {
  it.each([SHARE_A, SHARE_B])('end the session, in message type %i too', (type) => {
    const { sender, receiver } = converse(({ to, message }) => {
      const altered = message[0] === type ? message.with(-1, (message.at(-1) ?? 0) ^ 1) : message
      return [{ to, message: altered }]
    }).sides
    expect(sender.failure?.code).toBe('wrong-code')
    expect(receiver.failure?.code).toBe('wrong-code')
  })
})

describe('reflection', () => {
  it('of the share is refused by the receiver', () => {
    const receiver = createSession('receiver')
    receiver.start()
    const [nonce = bytesOf('')] = createSession('sender').start()
    const [own = bytesOf('')] = receiver.receive(nonce).outgoing
    // Type, nonce and share become type and share; the rest of the message is the same.
    const reflected = Uint8Array.of(SHARE_B ?? 0, ...own.subarray(17))
    expect(thrownBy(() => receiver.receive(reflected)).code).toBe('protocol')
  })

  it('of the confirmation is refused by the receiver', () => {
    const { receiver } = converse(({ to, message, conversation }) => {
      if (message[0] !== CONFIRM_B) return [{ to, message }]
      const own = conversation.sides.receiver.sent.find(([type]) => type === CONFIRM_A)
      return [{ to, message: Uint8Array.of(CONFIRM_B, ...(own ?? message).subarray(1)) }]
    }).sides
    expect(receiver.failure?.code).toBe('wrong-code')
  })
})

describe('misuse', () => {
  it('is a TypeError', () => {
    expect(() => createSession('sender', { secret: new Uint8Array() })).toThrow(TypeError)
    expect(() => createSession('sender', { capabilities: new Uint8Array(257) })).toThrow(TypeError)
    const session = createSession('receiver')
    expect(() => session.receive(bytesOf('early'))).toThrow(TypeError)
    expect(() => session.submit(new Uint8Array(20 * 1024))).toThrow(TypeError)
    session.start()
    expect(() => session.start()).toThrow(TypeError)
  })

  it('does not follow from reusing the buffers of messages', () => {
    let borrowed = new Uint8Array()
    const { sender, receiver } = converse(({ to, message }) => {
      borrowed.fill(0)
      borrowed = Uint8Array.from(message)
      return [{ to, message: borrowed }]
    }).sides
    expect(sender.delivered).toEqual(TEXTS.receiver)
    expect(textOf(sender.session.peerCapabilities)).toBe('capabilities of the receiver')
    expect(textOf(receiver.session.peerCapabilities)).toBe('capabilities of the sender')
  })

  it('does not follow from reusing the buffer of a text', () => {
    const sides = {
      sender: new Participant(createSession('sender'), []),
      receiver: new Participant(createSession('receiver'), []),
    }
    const text = bytesOf('offer')
    sides.receiver.session.submit(text)
    text.fill(0)
    new Conversation(sides).run()
    expect(sides.sender.delivered).toEqual(['offer'])
  })
})
