import { randomInt } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { sha256Of } from './content.ts'
import { expectStatuses, parcel, startServer, startTransfer } from './transfer.ts'

const COUNT = Number(process.env['P2PSHARE_ENDURANCE'] ?? 25)
/** Each transfer claims a nameplate twice, and a server lets an address claim 60 a minute. */
const TRANSFERS_PER_SERVER = 25
const MAX_BYTES = 300_000

it(`${COUNT} transfers in a row all arrive whole and end well`, {
  timeout: 60_000 + COUNT * 10_000,
}, async () => {
  let { server } = await startServer()
  for (let number = 1; number <= COUNT; number += 1) {
    if (number % TRANSFERS_PER_SERVER === 0) ({ server } = await startServer())
    const what = parcel(randomInt(MAX_BYTES + 1))
    const transfer = await startTransfer(what, { server })
    await expectStatuses(transfer, { sender: 0, receiver: 0 })
    expect(readdirSync(what.output)).toEqual([what.name])
    expect(await sha256Of(what.saved), `number ${number}`).toBe(what.sha256)
  }
})
