import { describe, expect, it, vi } from 'vitest'
import { ShareError } from '../../src/errors.ts'
import { FrameType } from '../../src/transfer/frame.ts'
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

vi.mock('../../src/limits.ts', async (original) => ({
  ...(await original<object>()),
  LAN_RETRY_MS: 500,
  LOOKOUT_DELAY_MS: 300,
  RESTARTED_SENDER_DELAY_MS: 2500,
}))

const LOST = 'The connection was lost; trying for 1 min to get it back'
const COMPARED = 'The sender was started again; what it has is compared with what is saved already'
const RESTARTED = 'The other side was started again; the transfer begins anew with what it has'

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
/** After this a sender is at both of its places. */
const HELD_MS = 600

describe('a connection that is lost', () => {
  it('is had back, and the transfer goes on', async () => {
    const sides = await startBoth(await startServer())
    sides.sender.cut()
    await expectTalk(sides, 'again')
    for (const { transfer, transfers, events, warnings } of Object.values(sides)) {
      expect(transfers).toHaveLength(1)
      expect(transfer.told).toEqual(['start', 'resume'])
      expect(warnings).toEqual([LOST])
      await eventually(() => {
        const told = events.map(({ event }) => event)
        expect(told).toEqual(['connected', 'warning', 'connected'])
      })
    }
    expect(await finishBoth(sides)).toEqual(['sent', 'received'])
  })

  it('is had back each time', async () => {
    const sides = await startBoth(await startServer())
    for (const round of ['first', 'second', 'third']) {
      const side = round === 'second' ? sides.receiver : sides.sender
      side.cut()
      await expectTalk(sides, round)
    }
    for (const { transfer, warnings } of Object.values(sides)) {
      expect(transfer.told).toEqual(['start', 'resume', 'resume', 'resume'])
      expect(warnings).toEqual([LOST, LOST, LOST])
    }
    expect(await finishBoth(sides)).toEqual(['sent', 'received'])
  })

  it('is had back though only the receiver knows of it', async () => {
    const sides = await startBoth(await startServer())
    sides.receiver.loseAlone()
    await expectTalk(sides, 'again')
    expect(sides.sender.transfer.told).toEqual(['start', 'resume'])
    expect(sides.sender.warnings).toEqual([])
    expect(await finishBoth(sides)).toEqual(['sent', 'received'])
  })

  // After the longer time the receiver is at the nameplate of the code as well.
  it.each([1000, 5000])(
    'is had back when the rendezvous server was away for %i ms',
    async (downMs) => {
      const server = await startServer()
      const sides = await startBoth(server)
      await pause(HELD_MS)
      await server.stop()
      sides.sender.cut()
      await pause(downMs)
      await server.start()
      await expectTalk(sides, 'again')
      for (const { transfer } of Object.values(sides)) {
        expect(transfer.told).toEqual(['start', 'resume'])
      }
      expect(await finishBoth(sides)).toEqual(['sent', 'received'])
    },
  )

  it('is had back in spite of somebody else where the two meet', async () => {
    const server = await startServer()
    const sides = await startBoth(server)
    const [first] = sides.sender.sessions
    const nameplate = first?.keys.resumeNameplate ?? ''
    await pause(HELD_MS)
    const guesser = await stranger(server.url, { role: 'receiver', nameplate }, [RUBBISH])
    await eventually(() => expect(guesser.heard).not.toEqual([]))
    sides.receiver.cut()
    // So long that the two meet at the nameplate of the code, too, and know better.
    await pause(4500)
    await guesser.client.close()
    await expectTalk(sides, 'again')
    expect(sides.sender.warnings).toEqual([LOST])
    expect(await finishBoth(sides)).toEqual(['sent', 'received'])
  })

  it('ends the transfer when it does not come back in time', async () => {
    const server = await startServer()
    const sides = await startBoth({ ...server, reconnectMs: 1000 })
    await server.stop()
    sides.sender.cut()
    for (const side of Object.values(sides)) {
      await expect(side.outcome).rejects.toMatchObject({
        code: 'interrupted',
        message: 'The connection to the other side was lost and did not come back in time',
        hint: 'Send and receive again to go on.',
      })
      expect(side.warnings).toEqual(['The connection was lost; trying for 1 s to get it back'])
      expect(side.transfers.map(({ told }) => told)).toEqual([['start', 'fail interrupted']])
    }
  })

  it('has the full time at each loss', async () => {
    const server = await startServer()
    const sides = await startBoth({ ...server, reconnectMs: 2500 })
    for (const round of ['first', 'second', 'third']) {
      sides.sender.cut()
      await expectTalk(sides, round)
      await pause(1500)
    }
    expect(await finishBoth(sides)).toEqual(['sent', 'received'])
  })

  it('ends the transfer at once where nobody is to wait', async () => {
    const sides = await startBoth({ ...(await startServer()), reconnectMs: 0 })
    sides.sender.cut()
    for (const side of Object.values(sides)) {
      await expect(side.outcome).rejects.toMatchObject({
        code: 'interrupted',
        message: 'The connection to the other side was lost',
      })
      expect(side.warnings).toEqual([])
    }
  })

  it.each(['sender', 'receiver'] as const)(
    'is waited for until the %s is stopped',
    async (role) => {
      const server = await startServer()
      const sides = await startBoth(server)
      await pause(HELD_MS)
      await server.stop()
      sides.sender.cut()
      await eventually(() => expect(sides[role].warnings).toEqual([LOST]))
      await pause(500)
      const startedMs = performance.now()
      sides[role].abort.abort(new ShareError('stopped-sigint', 'Stopped'))
      await expect(sides[role].outcome).rejects.toMatchObject({ code: 'stopped-sigint' })
      expect(performance.now() - startedMs).toBeLessThan(2000)
      expect(sides[role].transfer.told).toEqual(['start', 'fail stopped-sigint'])
    },
  )
})

describe('a receiver that is done', () => {
  it('says so again to a sender that was lost meanwhile', async () => {
    const sides = await startBoth(await startServer())
    await pause(HELD_MS)
    sides.sender.cut()
    sides.receiver.transfer.finishAloud('saved')
    await eventually(() => expect(sides.sender.transfer.heard).toContain('saved'))
    sides.sender.transfer.finish('sent')
    expect((await sides.sender.outcome).outcome).toBe('sent')
    expect((await sides.receiver.outcome).outcome).toBe('saved')
  })

  it('says so again though only it knows that the sender may not have heard it', async () => {
    const sides = await startBoth(await startServer())
    await pause(HELD_MS)
    sides.receiver.loseAlone()
    sides.receiver.transfer.finishAloud('saved')
    await eventually(() => expect(sides.sender.transfer.heard).toContain('saved'))
    sides.sender.transfer.finish('sent')
    expect((await sides.receiver.outcome).outcome).toBe('saved')
  })

  it('does not wait for a sender that has heard it', async () => {
    const sides = await startBoth(await startServer())
    sides.receiver.transfer.finishAloud('saved')
    await sides.receiver.outcome
    expect(sides.receiver.transfer.told).not.toContain('repeat')
    sides.sender.transfer.finish('sent')
  })

  it('is done all the same when the sender does not come back', async () => {
    const server = await startServer()
    const sides = await startBoth({ ...server, reconnectMs: 1000 })
    await server.stop()
    sides.sender.cut()
    sides.receiver.transfer.finishAloud('saved')
    expect((await sides.receiver.outcome).outcome).toBe('saved')
    await expect(sides.sender.outcome).rejects.toMatchObject({ code: 'interrupted' })
  })

  it('is done at once when it is stopped while it waits', async () => {
    const server = await startServer()
    const sides = await startBoth(server)
    await server.stop()
    sides.sender.cut()
    sides.receiver.transfer.finishAloud('saved')
    await pause(500)
    sides.receiver.abort.abort()
    expect((await sides.receiver.outcome).outcome).toBe('saved')
    sides.sender.abort.abort()
  })
})

describe('a receiver that is started again', () => {
  it('is let in, though the connection to the first seems to be there', async () => {
    const server = await startServer()
    const { sender, receiver } = await startBoth(server)
    receiver.loseAlone()
    receiver.abort.abort()
    const next = await startReceiver(server)
    await expectTalk({ sender, receiver: next }, 'anew')
    expect(sender.transfers.map(({ told }) => told)).toEqual([
      ['start', 'fail cancelled'],
      ['start'],
    ])
    expect(sender.warnings).toEqual([RESTARTED])
    expect(await finishBoth({ sender, receiver: next })).toEqual(['sent', 'received'])
  })

  it('is let in while the sender waits, and its connection can be lost as well', async () => {
    const server = await startServer()
    const { sender, receiver } = await startBoth(server)
    receiver.cut()
    receiver.abort.abort()
    const next = await startReceiver(server)
    const sides = { sender, receiver: next }
    await expectTalk(sides, 'anew')
    next.cut()
    await expectTalk(sides, 'again')
    expect(sender.transfers[0]?.told).toEqual(['start', 'fail cancelled'])
    for (const { transfer } of Object.values(sides)) {
      expect(transfer.told).toEqual(['start', 'resume'])
    }
    expect(await finishBoth(sides)).toEqual(['sent', 'received'])
  })

  it('is not replaced by one that lost its connection before', async () => {
    const server = await startServer()
    const { sender, receiver } = await startBoth(server)
    const next = await startReceiver(server)
    const sides = { sender, receiver: next }
    await expectTalk(sides, 'anew')
    receiver.loseAlone()
    await eventually(() => expect(receiver.transfers).toHaveLength(2))
    await eventually(() => expect(receiver.transfer.heard).toHaveLength(1))
    expect(receiver.transfer.heard[0]?.charCodeAt(0)).toBe(FrameType.abort)
    await expectTalk(sides, 'undisturbed')
    expect(next.transfer.told).toEqual(['start'])
    receiver.abort.abort()
    expect(await finishBoth(sides)).toEqual(['sent', 'received'])
  }, 40_000)

  it('is let in after somebody who says nothing, and whom the transfer does not notice', async () => {
    const server = await startServer()
    const { sender, receiver } = await startBoth(server)
    await pause(HELD_MS)
    const silent = await stranger(server.url, { role: 'receiver', nameplate: NAMEPLATE })
    await eventually(() => expect(silent.heard).not.toEqual([]))
    await expectTalk({ sender, receiver }, 'undisturbed')
    await silent.client.close()
    const next = await startReceiver(server)
    await expectTalk({ sender, receiver: next }, 'anew')
    expect(sender.warnings).toEqual([RESTARTED])
    expect(await finishBoth({ sender, receiver: next })).toEqual(['sent', 'received'])
  })
})

describe('a wrong guess during a transfer', () => {
  it.each([
    ['of the code', (url: string) => meet('receiver', { url, secret: 'velvet-orchard' })],
    [
      'that is rubbish',
      async (url: string) => {
        const claim = { role: 'receiver', nameplate: NAMEPLATE } as const
        const { client, heard } = await stranger(url, claim, [RUBBISH])
        await eventually(() => expect(heard).not.toEqual([]))
        await client.close()
        throw new ShareError('wrong-code', 'It has no code')
      },
    ],
  ])('%s burns the code and nothing else', async (_, guess) => {
    const server = await startServer()
    const sides = await startBoth(server)
    await pause(HELD_MS)
    await expect(guess(server.url)).rejects.toMatchObject({ code: 'wrong-code' })
    await eventually(() => expect(sides.sender.warnings).toEqual([BURNED]))
    const next = await stranger(server.url, { role: 'receiver', nameplate: NAMEPLATE })
    await expectTalk(sides, 'undisturbed')
    sides.sender.cut()
    await expectTalk(sides, 'again')
    await pause(HELD_MS)
    expect(next.heard).toEqual([])
    expect(sides.sender.transfer.told).toEqual(['start', 'resume'])
    expect(await finishBoth(sides)).toEqual(['sent', 'received'])
  })
})

describe('a sender that is started again', () => {
  it('is found by a receiver that lost it', async () => {
    const server = await startServer()
    const { sender, receiver } = await startBoth(server)
    sender.cut()
    sender.abort.abort()
    await sender.outcome.catch(() => {})
    const next = await startSender(server)
    const sides = { sender: next, receiver }
    await expectTalk(sides, 'anew')
    expect(receiver.transfers.map(({ told }) => told)).toEqual([
      ['start', 'fail cancelled'],
      ['start'],
    ])
    next.cut()
    await expectTalk(sides, 'again')
    expect(receiver.transfer.told).toEqual(['start', 'resume'])
    expect(await finishBoth(sides)).toEqual(['sent', 'received'])
  }, 40_000)

  it('is found by a receiver that has only heard nothing for a while', async () => {
    const server = await startServer()
    const { sender, receiver } = await startBoth(server)
    // Killed: the receiver's end of the connection stays, and nothing comes over it.
    const silenced = receiver.sessions[0]
    sender.loseAlone()
    sender.abort.abort()
    await sender.outcome.catch(() => {})
    receiver.hear(true)
    const next = await startSender(server)
    const sides = { sender: next, receiver }
    await expectTalk(sides, 'anew')
    expect(receiver.warnings).toEqual([RESTARTED])
    expect(receiver.transfers.map(({ told }) => told)).toEqual([
      ['start', 'fail cancelled'],
      ['start'],
    ])
    expect(receiver.sessions.at(-1)).not.toBe(silenced)
    expect(await finishBoth(sides)).toEqual(['sent', 'received'])
  })

  it('is not taken for one that lives and is only silent for a while', async () => {
    const server = await startServer()
    const sides = await startBoth(server)
    await pause(HELD_MS)
    for (const word of ['first', 'second']) {
      sides.receiver.hear(true)
      // Long enough for the two to meet at the nameplate several times.
      await pause(2500)
      sides.receiver.hear(false)
      await expectTalk(sides, word)
    }
    for (const { transfer, transfers, warnings } of Object.values(sides)) {
      expect(transfers).toHaveLength(1)
      expect(transfer.told).toEqual(['start'])
      expect(warnings).toEqual([])
    }
    // The code is as good as before.
    const next = await startReceiver(server)
    await expectTalk({ sender: sides.sender, receiver: next }, 'anew')
    expect(await finishBoth({ sender: sides.sender, receiver: next })).toEqual(['sent', 'received'])
  })

  it('is looked for no more once the silence is over', async () => {
    const server = await startServer()
    const { sender, receiver } = await startBoth(server)
    sender.loseAlone()
    sender.abort.abort()
    await sender.outcome.catch(() => {})
    receiver.hear(true)
    await pause(HELD_MS)
    receiver.hear(false)
    const next = startSender(server)
    const isMet = await Promise.race([next.then(() => true), pause(2000).then(() => false)])
    expect(isMet).toBe(false)
    receiver.hear(true)
    await expectTalk({ sender: await next, receiver }, 'anew')
  })

  it('has one guess at the code of a receiver that lost it', async () => {
    const server = await startServer()
    const { sender, receiver } = await startBoth(server)
    sender.cut()
    sender.abort.abort()
    await sender.outcome.catch(() => {})
    const wrong = await startSender({ ...server, secret: 'velvet-orchard' }).catch((error) => error)
    expect(wrong).toMatchObject({ code: 'wrong-code' })
    const second = await stranger(server.url, { role: 'sender', nameplate: NAMEPLATE })
    await pause(5000)
    expect(second.heard).toEqual([])
    expect(receiver.transfer.told).toEqual(['start'])
  }, 40_000)
})

describe('a sender that is started again when all is there', () => {
  /** Two sides of which the sender is dead, and the receiver knows only that it hears nothing. */
  async function withoutSender() {
    const server = await startServer()
    const { sender, receiver } = await startBoth(server)
    sender.loseAlone()
    sender.abort.abort()
    await sender.outcome.catch(() => {})
    return { server, receiver }
  }

  it('is shown by a receiver that is done that it is', async () => {
    const { server, receiver } = await withoutSender()
    receiver.loseAlone()
    receiver.transfer.finishAloud('saved')
    const next = await startSender(server)
    await eventually(() => expect(receiver.confirmations).toHaveLength(1))
    const [confirmation] = receiver.confirmations
    confirmation?.say('all of it')
    await eventually(() => expect(next.transfer.heard).toContain('all of it'))
    next.transfer.finish('sent')
    confirmation?.finish('confirmed')
    expect((await receiver.outcome).outcome).toBe('saved')
    expect((await next.outcome).outcome).toBe('sent')
    expect(receiver.transfers.map(({ told }) => told)).toEqual([['start']])
    expect(receiver.warnings.at(-1)).toBe(COMPARED)
  }, 30_000)

  it('waits until all is saved', async () => {
    const { server, receiver } = await withoutSender()
    receiver.transfer.hasAll = true
    receiver.hear(true)
    const next = await startSender(server)
    await eventually(() => expect(receiver.sessions).toHaveLength(2))
    await eventually(() => next.transfer.say('here again'))
    await pause(HELD_MS)
    expect(receiver.transfer.told).toEqual(['start'])
    receiver.loseAlone()
    receiver.transfer.finishAloud('saved')
    await eventually(() => expect(receiver.confirmations[0]?.heard).toEqual(['here again']))
    receiver.confirmations[0]?.finish('confirmed')
    expect((await receiver.outcome).outcome).toBe('saved')
  }, 30_000)

  it('changes nothing by having something else', async () => {
    const { server, receiver } = await withoutSender()
    receiver.loseAlone()
    receiver.transfer.finishAloud('saved')
    await startSender(server)
    await eventually(() => expect(receiver.confirmations).toHaveLength(1))
    receiver.confirmations[0]?.fail(new ShareError('file-changed', 'It is another file'))
    expect((await receiver.outcome).outcome).toBe('saved')
    expect(receiver.warnings.at(-1)).toBe(
      'The sender was not told that all is saved: It is another file',
    )
  }, 30_000)

  it('is not waited for by a receiver that is stopped', async () => {
    const { server, receiver } = await withoutSender()
    receiver.loseAlone()
    receiver.transfer.finishAloud('saved')
    await startSender(server)
    await eventually(() => expect(receiver.confirmations).toHaveLength(1))
    receiver.abort.abort(new ShareError('stopped-sigint', 'Stopped'))
    expect((await receiver.outcome).outcome).toBe('saved')
    expect(receiver.confirmations[0]?.told).toEqual(['start', 'fail stopped-sigint'])
  }, 30_000)

  it('need not come back in time', async () => {
    const server = await startServer()
    const { sender, receiver } = await startBoth({ ...server, reconnectMs: 1000 })
    receiver.transfer.hasAll = true
    sender.cut()
    sender.abort.abort()
    await pause(1500)
    expect(receiver.transfer.told).toEqual(['start'])
    receiver.transfer.finishAloud('saved')
    expect((await receiver.outcome).outcome).toBe('saved')
  })
})

describe('an end', () => {
  it('leaves nothing at the server', async () => {
    const server = await startServer()
    const sides = await startBoth(server)
    await pause(HELD_MS)
    await finishBoth(sides)
    for (const nameplate of [NAMEPLATE, sides.sender.sessions[0]?.keys.resumeNameplate ?? '']) {
      await expect(stranger(server.url, { role: 'sender', nameplate })).resolves.toBeDefined()
    }
  })

  it('comes with what the transfer fails with', async () => {
    const sides = await startBoth(await startServer())
    sides.sender.transfer.fail(new ShareError('file-changed', 'The file changed'))
    sides.receiver.transfer.fail(new ShareError('cancelled', 'The sender stopped'))
    await expect(sides.sender.outcome).rejects.toMatchObject({ code: 'file-changed' })
    await expect(sides.receiver.outcome).rejects.toMatchObject({ code: 'cancelled' })
  })
})

const BURNED =
  'Somebody used a wrong code, so that it is used up: who is started again cannot come back with it'
const RUBBISH = Uint8Array.of(0xff, 1, 2, 3)
