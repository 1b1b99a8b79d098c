import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { isolatedNetwork } from './isolated-network.ts'
import {
  expectStatuses,
  type Parcel,
  parcel,
  startServer,
  startTransfer,
  type Transfer,
} from './transfer.ts'

/** A second is promised; the rest is for what else this machine may be doing. */
const EXIT_MS = 2000

async function expectCleanEnd(transfer: Transfer, { output, name }: Parcel): Promise<void> {
  await transfer.sender.event('done')
  await transfer.receiver.event('done')
  const doneMs = performance.now()
  await expectStatuses(transfer, { sender: 0, receiver: 0 })
  expect(performance.now() - doneMs).toBeLessThan(EXIT_MS)
  expect(readdirSync(output)).toEqual([name])
}

describe('after a transfer both sides are gone, and nothing is left but the file', () => {
  it('with a server', async () => {
    const what = parcel(1_000_000)
    await expectCleanEnd(await startTransfer(what, await startServer()), what)
  })

  it('without one', async (context) => {
    const what = parcel(1_000_000)
    const through = await isolatedNetwork(context)
    await expectCleanEnd(await startTransfer(what, { through }), what)
  })
})
