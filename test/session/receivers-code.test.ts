import { describe, expect, it } from 'vitest'
import {
  eventually,
  expectTalk,
  finishBoth,
  meet,
  NAMEPLATE,
  startBoth,
  startReceiver,
  startSender,
  startServer,
  stranger,
} from './scene.ts'

/** The receiver waits at its server, the sender has to look for it. */
const byReceiver = async () => ({ ...(await startServer()), codeOf: 'receiver' as const })

describe("a connection that is lost, of two that met by the receiver's code", () => {
  it.each([
    ['both', (sides: Awaited<ReturnType<typeof startBoth>>) => sides.sender.cut()],
    ['the receiver', (sides: Awaited<ReturnType<typeof startBoth>>) => sides.receiver.loseAlone()],
  ])('is made again, twice, where %s noticed', async (_who, lose) => {
    const sides = await startBoth(await byReceiver())
    for (const what of ['once more', 'and again']) {
      lose(sides)
      await expectTalk(sides, what)
    }
    expect(sides.sender.transfers).toHaveLength(1)
    expect(await finishBoth(sides)).toEqual(['sent', 'received'])
  })
})

describe("of two that met by the receiver's code", () => {
  it('a sender that is started again is let in', async () => {
    const server = await byReceiver()
    const { sender, receiver } = await startBoth(server)
    sender.abort.abort()
    await sender.outcome.catch(() => {})
    receiver.loseAlone()
    const again = { sender: await startSender(server), receiver }
    await expectTalk(again, 'from the new one')
    expect(await finishBoth(again)).toEqual(['sent', 'received'])
  }, 40_000)

  it('a receiver that is started again is found', async () => {
    const server = await byReceiver()
    const { sender, receiver } = await startBoth(server)
    receiver.abort.abort()
    await receiver.outcome.catch(() => {})
    sender.loseAlone()
    const again = { sender, receiver: await startReceiver(server) }
    await expectTalk(again, 'to the new one')
    expect(await finishBoth(again)).toEqual(['sent', 'received'])
  }, 40_000)

  it('a wrong guess at the sender burns the code, and the transfer goes on', async () => {
    const server = await byReceiver()
    const sides = await startBoth(server)
    const guess = meet('receiver', { ...server, secret: 'velvet-orchard' })
    await expect(guess).rejects.toMatchObject({ code: 'wrong-code' })
    await eventually(() => expect(sides.sender.warnings.join()).toContain('used up'))
    sides.sender.cut()
    await expectTalk(sides, 'all the same')
    const late = await stranger(server.url, { role: 'receiver', nameplate: NAMEPLATE })
    expect(late.heard).toEqual([])
    expect(await finishBoth(sides)).toEqual(['sent', 'received'])
  })
})
