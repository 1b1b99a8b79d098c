import { statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect, it } from 'vitest'
import { MIB } from '../../src/limits.ts'
import { sha256Of } from './content.ts'
import {
  expectBoundedMemory,
  expectStatuses,
  parcel,
  startServer,
  startTransfer,
} from './transfer.ts'

const BYTES = 2048 * MIB

it('a large file needs no more memory than a small one', { timeout: 400_000 }, async ({ skip }) => {
  const { bavail, bsize } = statfsSync(tmpdir())
  if (bavail * bsize < 3 * BYTES) {
    expect(process.env['CI'], 'there is not enough room').toBeUndefined()
    skip('there is not enough room')
  }
  const what = parcel(BYTES)
  const transfer = await startTransfer(what, await startServer())
  await expectStatuses(transfer, { sender: 0, receiver: 0 })
  expect(await sha256Of(what.saved)).toBe(what.sha256)
  expectBoundedMemory(transfer)
})
