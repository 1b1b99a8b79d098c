import { networkInterfaces } from 'node:os'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { Connection } from '../../src/peer/connection.ts'
import { startRendezvousServer } from '../../src/rendezvous/server/start-rendezvous-server.ts'
import type { Connectivity } from '../../src/session/connectivity.ts'
import { Meeting } from '../../src/session/meeting.ts'
import type { Session } from '../../src/session/session.ts'
import { SessionLanes } from '../../src/session/session-lanes.ts'
import { startTurnServer } from '../turn-server.ts'
import { CAPABILITIES, NAMEPLATE, SECRET } from './scene.ts'

type Outcome = Session | { code: string; message: string; hint: string }

const unending = new AbortController().signal

/** What comes of two sides that meet with these wishes: a session each, or an error. */
async function meet(sender: Connectivity, receiver: Connectivity): Promise<[Outcome, Outcome]> {
  const server = await startRendezvousServer({ host: '127.0.0.1', port: 0 })
  onTestFinished(() => server.close())
  const side = async (role: 'sender' | 'receiver', connectivity: Connectivity) => {
    const meeting = await Meeting.open({
      url: `http://127.0.0.1:${server.port}`,
      role,
      nameplate: NAMEPLATE,
      secret: SECRET,
      capabilities: CAPABILITIES,
      connectivity,
      onEvent: () => {},
      signal: unending,
    })
    onTestFinished(() => meeting.close())
    const outcome: Outcome = await meeting.session.catch((error) => error)
    if ('lane' in outcome) onTestFinished(() => outcome.close())
    return outcome
  }
  return Promise.all([side('sender', sender), side('receiver', receiver)])
}

function sessionOf(outcome: Outcome): Session {
  if (!('lane' in outcome)) throw outcome
  return outcome
}

const pathOf = (outcome: Outcome) => sessionOf(outcome).connection.path.info()

/** All that connections of this process are told by the other side from now on, in the clear. */
function overheard(): string[] {
  const heard: string[] = []
  const signal = Connection.prototype.signal
  const spy = vi.spyOn(Connection.prototype, 'signal')
  spy.mockImplementation(function (this: Connection, message) {
    heard.push(Buffer.from(message).toString())
    signal.call(this, message)
  })
  onTestFinished(() => spy.mockRestore())
  return heard
}

const candidatesIn = (heard: readonly string[]) => heard.filter((text) => text.includes(' typ '))

describe('a relay', () => {
  it.for(['udp', 'tcp'] as const)(
    'is used where nothing else may be, over %s',
    async (via, context) => {
      const relay = await startTurnServer(context)
      const [sender, receiver] = await meet(
        { only: 'relay', iceServers: [relay.server(via)] },
        { iceServers: [] },
      )
      expect(await pathOf(sender)).toMatchObject({ path: 'relay', transport: via })
      expect(await pathOf(receiver)).toMatchObject({ path: 'relay', transport: 'udp' })
    },
  )

  it('is not used where there is a direct path', async (context) => {
    const relay = await startTurnServer(context)
    const servers = { iceServers: [relay.server('udp'), { urls: [relay.stun] }] }
    const outcomes = await meet(servers, servers)
    await vi.waitFor(
      async () => {
        for (const each of outcomes) expect(await pathOf(each)).toMatchObject({ path: 'direct' })
      },
      { timeout: 10_000 },
    )
  })

  it.for([
    ['sender', { only: 'direct' }, {}],
    ['receiver', {}, { only: 'direct' }],
  ] as const)(
    'is not even named to either side where the %s takes none',
    async ([, one, two], context) => {
      const relay = await startTurnServer(context)
      const heard = overheard()
      const iceServers = [relay.server('udp')]
      const outcomes = await meet({ ...one, iceServers }, { ...two, iceServers })
      for (const each of outcomes) {
        expect(await pathOf(each)).toMatchObject({ path: 'direct' })
        expect(sessionOf(each).paths).toEqual({
          only: 'direct',
          isRelayed: false,
          mayBeDirect: false,
        })
      }
      expect(candidatesIn(heard)).not.toEqual([])
      expect(candidatesIn(heard).filter((text) => text.includes(' typ relay'))).toEqual([])
    },
  )
})

describe('a side that takes nothing but a relay', () => {
  it('keeps all its addresses from the other, on every lane', async (context) => {
    const relay = await startTurnServer(context, { address: '127.0.0.7' })
    const heard = overheard()
    const hidden = { only: 'relay', iceServers: [relay.server('udp')] } as const
    const [sender, receiver] = (await meet(hidden, hidden)).map(sessionOf)
    if (!sender || !receiver) throw new TypeError('two sides make two sessions')
    const lanes = { sender: new SessionLanes(sender), receiver: new SessionLanes(receiver) }
    onTestFinished(() => {
      for (const each of Object.values(lanes)) each.close()
    })
    await lanes.sender.open('any', unending)

    expect(candidatesIn(heard).length).toBeGreaterThan(3)
    const own = Object.values(networkInterfaces()).flatMap((each = []) => each)
    for (const text of heard) {
      for (const { address } of own) {
        // What every description says (RFC 8866, section 5.2), with nothing behind it.
        const said = text.replaceAll('IN IP4 127.0.0.1', '')
        expect(said.includes(`${address} `), `${address} in ${text}`).toBe(false)
      }
      expect(text).not.toMatch(/ typ (?!relay)/)
      expect(text).not.toMatch(/ raddr (?!0\.0\.0\.0 rport 0 )/)
    }
  })

  it.each([
    ['no relay is named', []],
    ['only STUN is', [{ urls: ['stun:127.0.0.1:9'] }]],
  ])('ends at once where %s, and both are told why', async (_, iceServers) => {
    const [sender, receiver] = await meet({ only: 'relay', iceServers }, {})
    const hint = expect.stringContaining('serve --relay')
    const code = 'no-path'
    expect(sender).toMatchObject({
      ...{ code, hint },
      message: 'This side takes nothing but a relay, and it has none',
    })
    expect(receiver).toMatchObject({
      ...{ code, hint },
      message: 'The other side takes nothing but a relay, and it has none',
    })
  })

  it('does not connect to one that takes nothing but a direct path', async () => {
    const iceServers = [{ urls: ['turn:127.0.0.1:9'], username: 'a', credential: 'b' }]
    const outcomes = await meet({ only: 'relay', iceServers }, { only: 'direct', iceServers })
    for (const each of outcomes) {
      expect(each).toMatchObject({
        code: 'no-path',
        hint: expect.stringMatching(/--direct-only.*--relay-only/),
      })
    }
  })
})
