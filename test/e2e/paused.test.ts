import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MIB } from '../../src/limits.ts'
import { scratchDirectory } from '../files/scratch.ts'
import { sha256Of } from './content.ts'
import {
  expectBoundedMemory,
  expectStatuses,
  sharedFile,
  startServer,
  startTransfer,
} from './transfer.ts'

const file = sharedFile(256 * MIB)

describe.each([
  ['sender', 10],
  ['receiver', 10],
  ['sender', 20],
  ['receiver', 20],
] as const)('a %s that is paused for %i s', (side, seconds) => {
  it('goes on where it was, and the other side waits in little memory', async () => {
    const output = scratchDirectory()
    const transfer = await startTransfer({ file: file.path, output }, await startServer())
    await transfer[side].event('progress')
    transfer[side].kill('SIGSTOP')
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
    for (const program of [transfer.sender, transfer.receiver]) {
      expect(program.hasEnded, program.describe()).toBe(false)
    }
    transfer[side].kill('SIGCONT')
    await expectStatuses(transfer, { sender: 0, receiver: 0 })
    const [sent] = transfer.sender.eventsOf('done')
    const [received] = transfer.receiver.eventsOf('done')
    expect(received?.digest).toBe(sent?.digest)
    expect(await sha256Of(join(output, file.name))).toBe(file.sha256)
    expectBoundedMemory(transfer)
  })
})
