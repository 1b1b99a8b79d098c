import { randomFillSync } from 'node:crypto'
import { readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { MIB } from '../../src/limits.ts'
import { smallFileSystem } from '../files/scratch.ts'
import { sha256Of } from './content.ts'
import { slowDisk } from './slow-disk.ts'
import {
  expectStatuses,
  parcel,
  startReceiver,
  startSender,
  startServer,
  startTransfer,
} from './transfer.ts'

const BYTES = 96 * MIB
/** With four threads that write: 32 MiB a second, so that there is time to fill the disk. */
const WRITE_MS = 125

it('a disk that fills up in the middle costs only the rest of the way', async (context) => {
  const what = parcel(BYTES)
  const output = smallFileSystem(BYTES + 16 * MIB, context)
  const options = { ...(await startServer()), receiverEnv: slowDisk(context, WRITE_MS) }
  const transfer = await startTransfer({ file: what.file, output }, options)
  await transfer.receiver.event('progress', ({ bytes }) => bytes >= BYTES / 3)
  const ballast = join(output, 'ballast')
  fill(ballast, BYTES / 2)
  await expectStatuses(transfer, { sender: 9, receiver: 8 })
  const [error] = transfer.receiver.eventsOf('error')
  expect(error?.code).toBe('disk-full')
  expect(error?.message).toMatch(/: \d+ MiB are needed, \d+ MiB are free$/)
  const [heard] = transfer.sender.eventsOf('error')
  expect(heard?.message).toMatch(/not enough free space/)
  expect(readdirSync(output)).toEqual([expect.stringMatching(/^\.p2pshare-/), 'ballast'])

  rmSync(ballast)
  const { sender, code } = await startSender(what.file, options)
  const next = { sender, receiver: startReceiver(code, output, options) }
  await expectStatuses(next, { sender: 0, receiver: 0 })
  expect(await sha256Of(join(output, what.name))).toBe(what.sha256)
  expect(readdirSync(output)).toEqual([what.name])
  const [done] = next.sender.eventsOf('done')
  expect(done?.sent).toBeLessThan((2 / 3) * BYTES)
  expect(done?.sent).toBeGreaterThan(BYTES / 4)
})

/** Writes `bytes` bytes, or as many as there is room for. */
function fill(path: string, bytes: number): void {
  const { bavail, bsize } = statfsSync(join(path, '..'))
  writeFileSync(path, randomFillSync(Buffer.alloc(Math.min(bytes, bavail * bsize))))
}
