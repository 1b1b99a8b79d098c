import { onTestFinished, vi } from 'vitest'
import { ShareError } from '../../src/errors.ts'
import type { TransferEvent } from '../../src/events.ts'
import { formatRendezvousAddress } from '../../src/rendezvous/address.ts'
import { type Claim, RendezvousClient } from '../../src/rendezvous/client.ts'
import { startRendezvousServer } from '../../src/rendezvous/server/start-rendezvous-server.ts'
import type { Comeback } from '../../src/session/comeback.ts'
import { OwnPlaces, SearchedPlaces } from '../../src/session/comeback-places.ts'
import { Meeting } from '../../src/session/meeting.ts'
import { ReceiverComeback } from '../../src/session/receiver-comeback.ts'
import { runTransfer } from '../../src/session/run-transfer.ts'
import { SenderComeback } from '../../src/session/sender-comeback.ts'
import type { Session } from '../../src/session/session.ts'
import type { BeginTransfer, Transfer } from '../../src/session/transfer.ts'
import type { Lanes, TransferLane } from '../../src/transfer/ports.ts'

export const NAMEPLATE = 'here'
export const SECRET = 'velvet-orbit'
export const CAPABILITIES = new TextEncoder().encode('transfer/4')

/** Waits until `check` does not throw. */
export const eventually = <Result>(check: () => Result) => vi.waitFor(check, { timeout: 15_000 })

/** A rendezvous server that can be stopped, and started again on the same port. */
export async function startServer(host = '127.0.0.1') {
  let server = await startRendezvousServer({ host, port: 0 })
  const { port } = server
  onTestFinished(() => server.close())
  return {
    url: `http://${formatRendezvousAddress(host, port)}`,
    stop: () => server.close(),
    start: async () => {
      server = await startRendezvousServer({ host, port })
    },
  }
}

/** One side of a transfer that writes down what it is told, and says what it is made to say. */
export class FakeTransfer implements Transfer<string> {
  readonly done: Promise<string>
  readonly told: string[] = []
  readonly heard: string[] = []
  readonly lanes: Lanes[] = []
  hasAll = false
  repeatEnd?: (lanes: Lanes) => Promise<void>
  readonly #onLost: (error: ShareError) => void
  #resolve: (outcome: string) => void = () => {}
  #reject: (error: ShareError) => void = () => {}

  constructor(onLost: (error: ShareError) => void) {
    this.#onLost = onLost
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.done.catch(() => {})
  }

  start(lanes: Lanes): void {
    this.told.push('start')
    this.#listen(lanes)
  }

  resume(lanes: Lanes): void {
    this.told.push('resume')
    this.#listen(lanes)
  }

  lose(): void {
    this.#onLost(new ShareError('interrupted', 'Lost'))
  }

  fail(error: ShareError): void {
    this.told.push(`fail ${error.code}`)
    this.#reject(error)
  }

  /** Ends it, and has it said again where it may not have been heard. */
  finishAloud(outcome: string): void {
    this.repeatEnd = async ({ first }) => {
      this.told.push('repeat')
      first.listen({ onPayload: () => {}, onEnd: () => {} })
      first.send([new TextEncoder().encode(outcome)])
    }
    this.#resolve(outcome)
  }

  finish(outcome: string): void {
    this.#resolve(outcome)
  }

  get lane(): TransferLane {
    const lanes = this.lanes.at(-1)
    if (lanes === undefined) throw new Error('it has no lanes yet')
    return lanes.first
  }

  say(text: string): void {
    this.lane.send([new TextEncoder().encode(text)])
  }

  #listen(lanes: Lanes): void {
    this.lanes.push(lanes)
    lanes.first.listen({
      onPayload: (payload) => this.heard.push(Buffer.from(payload).toString()),
      onEnd: (error) => {
        if (lanes !== this.lanes.at(-1)) this.told.push('the end of an old lane')
        else if (error?.code === 'interrupted') this.#onLost(error)
        else if (error) this.#reject(error)
        else if (!this.told.includes('fin')) this.told.push('fin')
      },
    })
  }
}

export interface Side {
  transfers: FakeTransfer[]
  transfer: FakeTransfer
  /** What shows somebody who was started again that all is done. */
  confirmations: FakeTransfer[]
  events: TransferEvent[]
  /** What the warnings say, in order. */
  warnings: string[]
  /** All that it had, the one that it has last. */
  sessions: Session[]
  abort: AbortController
  outcome: ReturnType<typeof runTransfer<string>>
  /** Ends the connection for both sides. */
  cut(): void
  /** Loses the connection, and the other side does not notice. */
  loseAlone(): void
  /** Nothing comes from the other side any more, or something comes again. */
  hear(isQuiet: boolean): void
}

interface SideInit {
  url: string
  /** The side that made the code. */
  codeOf?: 'sender' | 'receiver'
  secret?: string
  reconnectMs?: number
}

const runningMs = 60_000

function run(role: 'sender' | 'receiver', session: Session, init: SideInit): Side {
  const { url, secret = SECRET, reconnectMs = runningMs, codeOf = 'sender' } = init
  const events: TransferEvent[] = []
  const transfers: FakeTransfer[] = []
  const confirmations: FakeTransfer[] = []
  const sessions: Session[] = [session]
  const abort = new AbortController()
  const shared = { nameplate: NAMEPLATE, secret, capabilities: CAPABILITIES }
  const onEvent = (event: TransferEvent) => events.push(event)
  const who = { role, connectivity: {}, url }
  const own = { nameplate: NAMEPLATE, token: undefined, announce: () => {} }
  const places =
    role === codeOf ? new OwnPlaces({ ...who, ...own }) : new SearchedPlaces({ ...who, metAt: url })
  const comeback: Comeback =
    role === 'sender'
      ? new SenderComeback({ ...shared, places, onEvent })
      : new ReceiverComeback({ ...shared, places })
  const current = () => sessions.at(-1) ?? session
  const fakeIn =
    (list: FakeTransfer[]): BeginTransfer<string> =>
    ({ onLost }) => {
      const transfer = new FakeTransfer(onLost)
      list.push(transfer)
      return transfer
    }
  const outcome = runTransfer<string>({
    session,
    begin: fakeIn(transfers),
    confirm: fakeIn(confirmations),
    comeback: recording(comeback, sessions),
    reconnectMs,
    signal: abort.signal,
    onEvent,
  })
  outcome.catch(() => {})
  onTestFinished(async () => {
    abort.abort()
    await outcome.catch(() => {})
  })
  return {
    transfers,
    get transfer() {
      const last = transfers.at(-1)
      if (last === undefined) throw new Error('it has not begun')
      return last
    },
    confirmations,
    events,
    get warnings() {
      return events.flatMap((event) => (event.event === 'warning' ? [event.message] : []))
    },
    sessions,
    abort,
    outcome,
    hear: (isQuiet) => comeback.quiet?.(isQuiet),
    cut: () => current().connection.close(),
    loseAlone: () => {
      const closing = vi.spyOn(current().connection, 'close').mockImplementation(() => {})
      onTestFinished(() => {
        closing.mockRestore()
        for (const each of sessions) each.close()
      })
      transfers.at(-1)?.lose()
    },
  }
}

/** `comeback`, which writes down the sessions that come of it. */
function recording(comeback: Comeback, sessions: Session[]): Comeback {
  return {
    follow: (session, onComeback) =>
      comeback.follow(session, (kind, each) => {
        sessions.push(each)
        onComeback(kind, each)
      }),
    quiet: (isQuiet) => comeback.quiet?.(isQuiet),
    lost: () => comeback.lost(),
    found: () => comeback.found(),
    close: () => comeback.close(),
  }
}

export async function meet(
  role: 'sender' | 'receiver',
  { url, secret = SECRET }: SideInit,
): Promise<Session> {
  const meeting = await Meeting.open({
    url,
    role,
    nameplate: NAMEPLATE,
    secret,
    capabilities: CAPABILITIES,
    connectivity: {},
    onEvent: () => {},
    signal: new AbortController().signal,
  })
  try {
    return await meeting.session
  } finally {
    await meeting.close()
  }
}

/** Two sides that are connected and have begun. */
export async function startBoth(init: SideInit): Promise<{ sender: Side; receiver: Side }> {
  const [one, two] = await Promise.all([meet('sender', init), meet('receiver', init)])
  const sides = { sender: run('sender', one, init), receiver: run('receiver', two, init) }
  await expectTalk(sides, 'at first')
  return sides
}

/** A receiver that was started again with the code. */
export async function startReceiver(init: SideInit): Promise<Side> {
  return run('receiver', await meet('receiver', init), init)
}

/** A sender that was started again with the code. */
export async function startSender(init: SideInit): Promise<Side> {
  return run('sender', await meet('sender', init), init)
}

/** Both sides hear each other, whatever connects them now. */
export async function expectTalk(
  { sender, receiver }: { sender: Side; receiver: Side },
  what: string,
): Promise<void> {
  await eventually(() => {
    sender.transfer.say(what)
    receiver.transfer.say(what)
    for (const { transfer } of [sender, receiver]) {
      if (!transfer.heard.includes(what)) throw new Error(`nobody heard "${what}"`)
    }
  })
}

/** The last words of both, after which each has its outcome. */
export async function finishBoth(sides: { sender: Side; receiver: Side }): Promise<string[]> {
  sides.sender.transfer.finish('sent')
  sides.receiver.transfer.finish('received')
  const results = await Promise.all([sides.sender.outcome, sides.receiver.outcome])
  return results.map(({ outcome }) => outcome)
}

/** Somebody at a mailbox who says `words` to whoever is there, and nothing else. */
export async function stranger(url: string, claim: Claim, words: readonly Uint8Array[] = []) {
  const heard: Uint8Array[] = []
  const client = await RendezvousClient.connect(url, {
    onPaired: () => {
      for (const each of words) client.send(each)
    },
    onMessage: (message) => heard.push(message),
    onPeerLeft: () => {},
    onCrowded: () => {},
    onLost: () => {},
  })
  onTestFinished(() => client.close())
  await client.open(claim)
  return { client, heard }
}
