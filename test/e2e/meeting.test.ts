import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { sha256Of } from './content.ts'
import { ISOLATED_ADDRESS, isolatedNetwork } from './isolated-network.ts'
import { start } from './program.ts'
import {
  expectStatuses,
  type Parcel,
  parcel,
  startReceiver,
  startSender,
  startServer,
  startTransfer,
  type Transfer,
} from './transfer.ts'

const SMALL_BYTES = 300_000

/** A code of one's own that nobody else has. */
function ownCode(): string {
  return `${randomBytes(6).toString('hex')}-${randomBytes(6).toString('hex')}`
}

async function expectArrival(transfer: Transfer, { saved, sha256 }: Parcel): Promise<void> {
  await expectStatuses(transfer, { sender: 0, receiver: 0 })
  expect(await sha256Of(saved)).toBe(sha256)
}

describe('without a server', () => {
  it('sender and receiver on one machine find each other', async (context) => {
    const through = await isolatedNetwork(context)
    const what = parcel(SMALL_BYTES)
    await expectArrival(await startTransfer(what, { through }), what)
  })

  it('they do on a machine that has no network but itself', async (context) => {
    const through = await isolatedNetwork(context, { loopbackOnly: true })
    const what = parcel(SMALL_BYTES)
    await expectArrival(await startTransfer(what, { through }), what)
  })

  it('a receiver finds a sender that starts later', async (context) => {
    const through = await isolatedNetwork(context)
    const what = parcel(SMALL_BYTES)
    const code = ownCode()
    const receiver = startReceiver(code, what.output, { through })
    // It has looked at least once, and found nothing.
    await new Promise((resolve) => setTimeout(resolve, 3000))
    expect(receiver.hasEnded, receiver.describe()).toBe(false)
    const sender = start(['send', what.file, '--json', '--code', code], { through })
    await expectArrival({ sender, receiver }, what)
  })

  it('two senders on one machine are each found by their own code', async (context) => {
    const through = await isolatedNetwork(context)
    const parcels = [parcel(SMALL_BYTES, 'one'), parcel(SMALL_BYTES, 'two')]
    const senders = await Promise.all(parcels.map(({ file }) => startSender(file, { through })))
    expect(senders[0]?.full).not.toBe(senders[1]?.full)
    const pairs = parcels.map((what, index) => ({ what, ...senders[index] }))
    const transfers = pairs.reverse().map(({ what, sender, code = '' }) => {
      return { what, sender, receiver: startReceiver(code, what.output, { through }) }
    })
    for (const { what, sender, receiver } of transfers) {
      if (sender) await expectArrival({ sender, receiver }, what)
    }
    expect.assertions(5)
  })

  it('the whole code leads straight to the sender', async (context) => {
    const through = await isolatedNetwork(context)
    const what = parcel(SMALL_BYTES)
    const { sender, code, full } = await startSender(what.file, { through })
    expect(full).toBe(`${code}@${ISOLATED_ADDRESS}:7342`)
    await expectArrival({ sender, receiver: startReceiver(full, what.output, { through }) }, what)
  })
})

describe('with a server', () => {
  it('both sides meet there, whoever comes first', async () => {
    const { server } = await startServer()
    const what = parcel(SMALL_BYTES)
    const code = ownCode()
    const receiver = startReceiver(code, what.output, { server })
    await receiver.event('waiting')
    const { sender } = await startSender(what.file, { server, env: { P2PSHARE_CODE: code } })
    await expectArrival({ sender, receiver }, what)
  })

  it('the code alone tells the receiver where', async () => {
    const { server } = await startServer()
    const what = parcel(SMALL_BYTES)
    const { sender, code, full } = await startSender(what.file, { server })
    expect(full).toBe(`${code}@${server.replace('http://', '')}`)
    await expectArrival({ sender, receiver: startReceiver(full, what.output, {}) }, what)
  })

  it('the environment alone tells both sides where, and what the code is', async () => {
    const { server } = await startServer()
    const what = parcel(SMALL_BYTES)
    const env = { P2PSHARE_CODE: ownCode(), P2PSHARE_RENDEZVOUS: server }
    const sender = start(['send', what.file], { env })
    const receiver = start(['receive', '--yes'], { env, cwd: what.output })
    await expectArrival({ sender, receiver }, what)
  })

  it('a third party is turned away, and the transfer goes on', async () => {
    const { server } = await startServer()
    const what = parcel(SMALL_BYTES)
    const code = ownCode()
    const receiver = startReceiver(code, what.output, { server })
    await receiver.event('waiting')
    // The two sides are together for a moment only, unless one of them takes its time.
    receiver.kill('SIGSTOP')
    const { sender } = await startSender(what.file, { server, env: { P2PSHARE_CODE: code } })
    const other = startReceiver(code, parcel(0).output, { server })
    expect(await other.exit).toMatchObject({ status: 4 })
    await sender.event('warning')
    receiver.kill('SIGCONT')
    await expectArrival({ sender, receiver }, what)
  })
})
