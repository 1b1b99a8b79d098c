import { expect, it } from 'vitest'
import { MIB } from '../../src/limits.ts'
import { sha256Of } from './content.ts'
import { slowDisk } from './slow-disk.ts'
import {
  expectBoundedMemory,
  expectStatuses,
  parcel,
  startServer,
  startTransfer,
} from './transfer.ts'

/** With the four threads that write: 16 MiB a second. */
const WRITE_MS = 250

it('a disk slower than the network costs no memory on either side', async (context) => {
  const what = parcel(128 * MIB)
  const { server } = await startServer()
  const transfer = await startTransfer(what, { server, receiverEnv: slowDisk(context, WRITE_MS) })
  await expectStatuses(transfer, { sender: 0, receiver: 0 })
  expect(await sha256Of(what.saved)).toBe(what.sha256)
  expectBoundedMemory(transfer)
  // Otherwise the disk was not slow.
  const [done] = transfer.receiver.eventsOf('done')
  expect(done?.seconds).toBeGreaterThan(((128 / 4) * WRITE_MS) / 1000 / 2)
})
