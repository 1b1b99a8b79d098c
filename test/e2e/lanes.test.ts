import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { MIB } from '../../src/limits.ts'
import { sha256Of } from './content.ts'
import { expectStatuses, parcel, startServer, startTransfer } from './transfer.ts'

const BYTES = 200 * MIB

describe('the lanes of a transfer', () => {
  it('include one over TCP, where that gets through', async () => {
    const what = parcel(BYTES)
    const transfer = await startTransfer(what, await startServer())
    await expectStatuses(transfer, { sender: 0, receiver: 0 })
    expect(await sha256Of(what.saved)).toBe(what.sha256)
    for (const side of [transfer.sender, transfer.receiver]) {
      const transports = side.eventsOf('progress').flatMap((event) => event.transports)
      expect(transports).toContain('tcp')
    }
  })

  it.each([
    ['one', 1],
    ['three', 3],
  ])('are as many as asked for: %s', async (_title, lanes) => {
    const what = parcel(BYTES)
    const env = { P2PSHARE_LANES: String(lanes) }
    const transfer = await startTransfer(what, { ...(await startServer()), env })
    await expectStatuses(transfer, { sender: 0, receiver: 0 })
    expect(await sha256Of(what.saved)).toBe(what.sha256)
    const counts = transfer.receiver.eventsOf('progress').map((event) => event.lanes)
    // The first lane carries data until the others have shown that they can.
    expect(Math.max(...counts.slice(counts.length / 2))).toBe(lanes)
  })
})

describe('what shrinks', () => {
  const LINE = 'The quick brown fox jumps over the lazy dog, again and again and again.\n'

  /** A parcel of text in the place of random bytes. */
  async function textParcel() {
    const what = parcel(0, 'text.log')
    writeFileSync(what.file, LINE.repeat((20 * MIB) / LINE.length))
    return { ...what, sha256: await sha256Of(what.file) }
  }

  it.each([
    ['travels compressed', {}, {}, 0.8],
    ['travels as it is where the sender wants that', { P2PSHARE_COMPRESS: 'no' }, {}, 1],
    ['travels as it is where the receiver wants that', {}, { P2PSHARE_COMPRESS: 'no' }, 1],
  ])('%s', async (_title, env, receiverEnv, share) => {
    const what = await textParcel()
    const options = { ...(await startServer()), env, receiverEnv }
    const transfer = await startTransfer(what, options)
    await expectStatuses(transfer, { sender: 0, receiver: 0 })
    expect(await sha256Of(what.saved)).toBe(what.sha256)
    const [done] = transfer.sender.eventsOf('done')
    const sentShare = (done?.sent ?? 0) / (done?.bytes ?? 1)
    if (share < 1) expect(sentShare).toBeLessThan(share)
    else expect(sentShare).toBeGreaterThanOrEqual(1)
  })
})
