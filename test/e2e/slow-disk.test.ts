import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, type TestContext } from 'vitest'
import { MIB } from '../../src/limits.ts'
import { scratchDirectory } from '../files/scratch.ts'
import { sha256Of } from './content.ts'
import {
  expectBoundedMemory,
  expectStatuses,
  parcel,
  startServer,
  startTransfer,
} from './transfer.ts'

/** With the four threads that write: 16 MiB a second. */
const WRITE_MS = 250

/** The environment in which writing takes WRITE_MS a block, whatever the disk. */
function slowDisk({ skip }: Pick<TestContext, 'skip'>): NodeJS.ProcessEnv {
  const source = fileURLToPath(new URL('slow-writes.c', import.meta.url))
  const library = join(scratchDirectory(), 'slow-writes.so')
  try {
    execFileSync('gcc', ['-shared', '-fPIC', '-o', library, source, '-ldl'], { stdio: 'pipe' })
  } catch (error) {
    if (process.env['CI']) throw error
    return skip('there is no compiler that makes a library to preload')
  }
  return { LD_PRELOAD: library, SLOW_WRITE_MS: String(WRITE_MS) }
}

it('a disk slower than the network costs no memory on either side', async (context) => {
  const what = parcel(128 * MIB)
  const { server } = await startServer()
  const transfer = await startTransfer(what, { server, receiverEnv: slowDisk(context) })
  await expectStatuses(transfer, { sender: 0, receiver: 0 })
  expect(await sha256Of(what.saved)).toBe(what.sha256)
  expectBoundedMemory(transfer)
  // Otherwise the disk was not slow.
  const [done] = transfer.receiver.eventsOf('done')
  expect(done?.seconds).toBeGreaterThan(((128 / 4) * WRITE_MS) / 1000 / 2)
})
