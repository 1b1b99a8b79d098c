import { describe, expect, it } from 'vitest'
import { MIB } from '../../src/limits.ts'
import { sha256Of } from './content.ts'
import { expectStatuses, parcel, startServer, startTransfer } from './transfer.ts'

describe('a rendezvous server', () => {
  it('may die as soon as the two sides are connected', async () => {
    const { server, program } = await startServer()
    const what = parcel(100 * MIB)
    const transfer = await startTransfer(what, { server })
    await transfer.sender.event('connected')
    await transfer.receiver.event('connected')
    program.kill('SIGKILL')
    await expectStatuses(transfer, { sender: 0, receiver: 0 })
    expect(await sha256Of(what.saved)).toBe(what.sha256)
  })
})
