import { ShareError } from '../../src/errors.ts'
import { otherRole, type Role } from '../../src/secure/role.ts'
import { SecureSession, type SecureSessionInit } from '../../src/secure/secure-session.ts'
import { seededRandom } from './seeded-random.ts'
import { bytesOf, textOf } from './text.ts'

export function createSession(
  role: Role,
  overrides: Partial<SecureSessionInit> = {},
): SecureSession {
  return new SecureSession({
    role,
    nameplate: '7',
    secret: bytesOf('crossover-clockwork'),
    capabilities: bytesOf(`capabilities of the ${role}`),
    randomBytes: seededRandom(`randomness of the ${role}`),
    ...overrides,
  })
}

/** One side of a conversation: its session, what it sent and took, and how it ended. */
export class Participant {
  readonly session: SecureSession
  /** Messages it put on the wire. */
  readonly sent: Uint8Array[] = []
  /** Messages it took from the wire while it was alive. */
  readonly taken: Uint8Array[] = []
  /** Texts that its session delivered. */
  readonly delivered: string[] = []
  /** Texts for the other side: the first before the start, the others once it is established. */
  readonly texts: readonly string[]
  failure: ShareError | undefined
  #submitted = 0

  constructor(session: SecureSession, texts: readonly string[]) {
    this.session = session
    this.texts = texts
  }

  start(): Uint8Array[] {
    return this.#send([...this.#submit(), ...this.session.start()])
  }

  /** What the side answers to a message; if it fails, its farewell. A dead side says nothing. */
  take(message: Uint8Array): Uint8Array[] {
    if (this.failure !== undefined) return []
    this.taken.push(message)
    try {
      const { outgoing, delivered } = this.session.receive(message)
      this.delivered.push(...delivered.map(textOf))
      return this.#send([...outgoing, ...(this.session.established ? this.#submit() : [])])
    } catch (error) {
      if (!(error instanceof ShareError)) throw error
      this.failure = error
      return this.#send(this.session.farewell === undefined ? [] : [this.session.farewell])
    }
  }

  #submit(): Uint8Array[] {
    const text = this.texts[this.#submitted]
    if (text === undefined) return []
    this.#submitted += 1
    return this.session.submit(bytesOf(text))
  }

  #send(messages: Uint8Array[]): Uint8Array[] {
    this.sent.push(...messages)
    return messages
  }
}

/** What is to be delivered instead of a message that is due at `to`. */
export interface Passage {
  to: Role
  message: Uint8Array
  /** How many messages the rendezvous has passed before this one. */
  index: number
  conversation: Conversation
}

export type Rendezvous = (passage: Passage) => { to: Role; message: Uint8Array }[]

export const honest: Rendezvous = ({ to, message }) => [{ to, message }]

/** Two participants and the rendezvous between them, which passes one message at a time. */
export class Conversation {
  readonly sides: Record<Role, Participant>
  /** Messages on their way to each side. */
  readonly queues: Record<Role, Uint8Array[]> = { sender: [], receiver: [] }
  readonly #rendezvous: Rendezvous

  constructor(sides: Record<Role, Participant>, rendezvous: Rendezvous = honest) {
    this.sides = sides
    this.#rendezvous = rendezvous
  }

  /** Runs until nothing is on its way; `pickReceiver` chooses where both sides have mail. */
  run(pickReceiver: (index: number) => boolean = () => true): this {
    this.queues.sender.push(...this.sides.receiver.start())
    this.queues.receiver.push(...this.sides.sender.start())
    for (let index = 0; ; index += 1) {
      const to = this.#nextDestination(pickReceiver(index))
      const message = to && this.queues[to].shift()
      if (to === undefined || message === undefined) return this
      for (const passed of this.#rendezvous({ to, message, index, conversation: this })) {
        const answers = this.sides[passed.to].take(passed.message)
        this.queues[otherRole(passed.to)].push(...answers)
      }
    }
  }

  #nextDestination(preferReceiver: boolean): Role | undefined {
    const preferred: Role = preferReceiver ? 'receiver' : 'sender'
    return [preferred, otherRole(preferred)].find((role) => this.queues[role].length > 0)
  }
}
