import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { MIB } from '../../src/limits.ts'
import { sha256Of } from './content.ts'
import { expectStatuses, parcel, startServer, startTransfer } from './transfer.ts'

describe('a file', () => {
  it.each([
    ['of no bytes', 0],
    ['of one byte', 1],
    ['one byte short of a block', MIB - 1],
    ['of one block', MIB],
    ['of one block and a byte', MIB + 1],
    ['of a hundred blocks', 100 * MIB],
  ])('%s arrives as it was, and both sides say so', async (_title, bytes) => {
    const what = parcel(bytes)
    const transfer = await startTransfer(what, await startServer())
    await expectStatuses(transfer, { sender: 0, receiver: 0 })
    expect(readdirSync(what.output)).toEqual([what.name])
    expect(await sha256Of(what.saved)).toBe(what.sha256)
    const [sent] = transfer.sender.eventsOf('done')
    const [received] = transfer.receiver.eventsOf('done')
    expect(sent).toMatchObject({ files: 1, bytes, digest: received?.digest })
    expect(received).toMatchObject({ files: 1, bytes, saved: what.saved })
    // What is late is sent again, over another lane; that is the exception.
    for (const done of [sent, received]) {
      expect(done?.sent).toBeGreaterThanOrEqual(bytes)
      expect(done?.sent).toBeLessThanOrEqual(1.05 * bytes)
    }
  })
})
