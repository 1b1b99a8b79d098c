import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { MAX_LANES } from '../../src/limits.ts'
import { Connection } from '../../src/peer/connection.ts'
import { Lane } from '../../src/peer/lane.ts'
import type { LaneSignal } from '../../src/peer/lane-message.ts'
import type { Role } from '../../src/secure/role.ts'
import { SessionKeys } from '../../src/secure/session-keys.ts'
import { laneSecurity } from '../../src/session/lane-security.ts'
import type { Session } from '../../src/session/session.ts'
import { SessionLanes } from '../../src/session/session-lanes.ts'
import type { ArrivalReport, TransferLane } from '../../src/transfer/ports.ts'

const unending = new AbortController().signal
const closing: (() => void)[] = []
const eventually = <Result>(check: () => Result) => vi.waitFor(check, { timeout: 15_000 })

afterEach(() => {
  for (const close of closing.splice(0).reverse()) close()
})

interface Side {
  session: Session
  lanes: SessionLanes
  /** The further lanes that the other side made. */
  taken: TransferLane[]
  /** How the first lane ended. */
  ends: unknown[]
}

/** Both sides of a session whose first lane goes straight from one to the other. */
async function sides(): Promise<{ sender: Side; receiver: Side }> {
  const offerer = new Connection({
    initiator: true,
    iceServers: [],
    onSignal: (signal) => answerer.signal(signal),
  })
  const answerer: Connection = new Connection({
    initiator: false,
    iceServers: [],
    onSignal: (signal) => offerer.signal(signal),
  })
  const secret = randomBytes(64)
  const [receiver, sender] = await Promise.all([
    sideOf('receiver', offerer, secret),
    sideOf('sender', answerer, secret),
  ])
  return { sender, receiver }
}

async function sideOf(role: Role, connection: Connection, secret: Uint8Array): Promise<Side> {
  const probes = connection.probeChannel()
  const keys = new SessionKeys(Uint8Array.from(secret))
  const channel = await connection.opened()
  const lane = await Lane.open(channel, laneSecurity(keys, role, 0, connection.fingerprints))
  const close = () => connection.close()
  const peerCapabilities = new Uint8Array(0)
  const paths = { only: undefined, isRelayed: false, mayBeDirect: true }
  const link = { role, lane, connection, probes, iceServers: [], paths }
  const session = { ...link, keys, peerCapabilities, close }
  const lanes = new SessionLanes(session)
  const side: Side = { session, lanes, taken: [], ends: [] }
  lanes.onLane((each) => side.taken.push(each))
  lane.listen({ onPayload: () => {}, onEnd: (error) => side.ends.push(error) })
  closing.push(close, () => lanes.close())
  return side
}

/** What arrives on `lane`, and how it ends. */
function listen(lane: TransferLane) {
  const heard = { payloads: [] as string[], ends: [] as unknown[] }
  lane.listen({
    onPayload: (payload) => heard.payloads.push(Buffer.from(payload).toString()),
    onEnd: (error) => heard.ends.push(error),
  })
  return heard
}

const text = (value: string) => [new TextEncoder().encode(value)]

/** The lane that `side` took with this number. */
const takenLane = ({ taken }: Side, number: number) =>
  eventually(() => {
    const lane = taken.find((each) => each.number === number)
    if (lane === undefined) throw new Error(`no lane ${number}`)
    return lane
  })

/** What a connection says at first, as the sender of it would signal it. */
async function offersOf(count: number): Promise<Uint8Array[]> {
  const offers = Array.from({ length: count }, async () => {
    let connection: Connection | undefined
    const offer = await new Promise<Uint8Array>((onSignal) => {
      connection = new Connection({ initiator: true, iceServers: [], onSignal })
    })
    connection?.close()
    return offer
  })
  return Promise.all(offers)
}

const signalsOf = (side: Side) => {
  const signals: LaneSignal[] = []
  side.session.lane.onSignal((signal) => signals.push(signal))
  return signals
}

describe('the lanes of a session', () => {
  it.each(['udp', 'tcp'] as const)(
    'become more over %s, and carry payloads both ways',
    async (transport) => {
      const { sender, receiver } = await sides()
      const lane = await sender.lanes.open(transport, unending)
      const other = await takenLane(receiver, 1)
      expect([lane.number, lane.transport, other.transport]).toEqual([1, transport, transport])
      const [here, there] = [listen(lane), listen(other)]
      lane.send(text('to the receiver'))
      other.send(text('to the sender'))
      await eventually(() => {
        expect(there.payloads).toEqual(['to the receiver'])
        expect(here.payloads).toEqual(['to the sender'])
      })
    },
  )

  it('can be many that are made at once, without a warning', async () => {
    const { sender, receiver } = await sides()
    const warned = vi.fn()
    process.on('warning', warned)
    const opening = Array.from({ length: 12 }, () => sender.lanes.open('udp', unending))
    const lanes = await Promise.all(opening)
    await eventually(() => expect(receiver.taken).toHaveLength(12))
    process.off('warning', warned)
    expect(warned).not.toHaveBeenCalled()
    const heard = receiver.taken.map((lane) => ({ number: lane.number, ...listen(lane) }))
    for (const lane of lanes) lane.send(text(`on ${lane.number}`))
    await eventually(() => {
      for (const { number, payloads } of heard) expect(payloads).toEqual([`on ${number}`])
    })
  })

  it('have a new number each, also after one has ended', async () => {
    const { sender, receiver } = await sides()
    const lane = await sender.lanes.open('udp', unending)
    const heard = listen(await takenLane(receiver, 1))
    lane.abandon()
    await eventually(() => expect(heard.ends).toMatchObject([{ code: 'interrupted' }]))
    expect((await sender.lanes.open('udp', unending)).number).toBe(2)
    expect((await takenLane(receiver, 2)).number).toBe(2)
  })

  it('are all closed but the first when the transfer is over', async () => {
    const { sender, receiver } = await sides()
    const lanes = [
      await sender.lanes.open('udp', unending),
      await sender.lanes.open('udp', unending),
    ]
    const heard = lanes.map(listen)
    const opening = sender.lanes.open('udp', unending).catch((error) => error)
    sender.lanes.close()
    expect(await opening).toMatchObject({ code: 'cancelled' })
    await eventually(() => {
      for (const { ends } of heard) expect(ends).toHaveLength(1)
    })
    expect([...sender.ends, ...receiver.ends]).toEqual([])
    const finishing = Promise.all([sender.session.lane.finish(), receiver.session.lane.finish()])
    await expect(finishing).resolves.toBeDefined()
  })

  it('are not made for somebody who has given up', async () => {
    const { sender } = await sides()
    await expect(sender.lanes.open('udp', AbortSignal.abort())).rejects.toMatchObject({
      code: 'cancelled',
    })
    await expect(sender.lanes.open('udp', AbortSignal.timeout(1))).rejects.toMatchObject({
      code: 'cancelled',
    })
  })
})

describe('probes and reports', () => {
  it('go from one side to the other and back', async () => {
    const { sender, receiver } = await sides()
    const reports: ArrivalReport[] = []
    sender.lanes.onReport((report) => reports.push(report))
    receiver.lanes.onProbe((probe) => {
      receiver.lanes.report({ probe, receivedBytes: new Map([[1, 2 ** 40]]) })
    })
    await eventually(() => {
      sender.lanes.probe(7)
      expect(reports[0]).toEqual({ probe: 7, receivedBytes: new Map([[1, 2 ** 40]]) })
    })
  })
})

describe('a receiver', () => {
  it('answers no number a second time, nor that of the first lane', async () => {
    const { sender, receiver } = await sides()
    const lane = await sender.lanes.open('udp', unending)
    const heard = listen(await takenLane(receiver, 1))
    lane.abandon()
    await eventually(() => expect(heard.ends).toHaveLength(1))
    const answers = signalsOf(sender)
    const [offer = new Uint8Array(0)] = await offersOf(1)
    for (const number of [0, 1]) {
      sender.session.lane.signal({ lane: number, transport: 'udp', signal: offer })
    }
    sender.session.lane.signal({ lane: 2, transport: 'udp', signal: offer })
    await eventually(() => expect(answers).not.toEqual([]))
    expect(new Set(answers.map((answer) => answer.lane))).toEqual(new Set([2]))
    expect(receiver.ends).toEqual([])
  })

  it('answers no more lanes at once than there may be', async () => {
    const { sender, receiver } = await sides()
    const answers = signalsOf(sender)
    const [offer = new Uint8Array(0)] = await offersOf(1)
    for (let number = 1; number <= MAX_LANES + 5; number += 1) {
      sender.session.lane.signal({ lane: number, transport: 'udp', signal: offer })
    }
    const answered = () => new Set(answers.map(({ lane }) => lane))
    await eventually(() => expect(answered().size).toBe(MAX_LANES))
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(Math.max(...answered())).toBe(MAX_LANES)
    expect(receiver.ends).toEqual([])
  }, 60_000)

  it('ends the session with a sender whose signals make no sense', async () => {
    const { sender, receiver } = await sides()
    sender.session.lane.signal({ lane: 1, transport: 'udp', signal: Uint8Array.of(1, 2, 3) })
    await eventually(() => expect(receiver.ends).toMatchObject([{ code: 'protocol' }]))
  })
})

describe('a sender', () => {
  it('answers no lane that a receiver asks for', async () => {
    const { sender, receiver } = await sides()
    const answers = signalsOf(receiver)
    const heard = listen(sender.session.lane)
    const [offer = new Uint8Array(0)] = await offersOf(1)
    receiver.session.lane.signal({ lane: 1, transport: 'udp', signal: offer })
    receiver.session.lane.send(text('behind it'))
    await eventually(() => expect(heard.payloads).toEqual(['behind it']))
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect([answers, sender.taken, heard.ends]).toEqual([[], [], []])
  })
})
