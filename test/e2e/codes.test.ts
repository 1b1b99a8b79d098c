import { describe, expect, it } from 'vitest'
import { start } from './program.ts'
import { expectStatuses, parcel, startReceiver, startSender, startServer } from './transfer.ts'

/** How long the programs here wait for somebody who does not come. */
const WAIT_MS = 3000
const wait = { env: { P2PSHARE_WAIT: `${WAIT_MS / 1000}s` } }
/** Nobody listens there. */
const NO_SERVER = 'http://127.0.0.1:9'

describe('a wrong code', () => {
  it('ends both sides, and then the right one is of no more use', async () => {
    const { server } = await startServer()
    const what = parcel(1000)
    const { sender, code } = await startSender(what.file, { server })
    const [nameplate] = code.split('-')
    const wrong = startReceiver(`${nameplate}-zoo-zebra-zone-zero`, what.output, { server })
    await expectStatuses({ sender, receiver: wrong }, { sender: 3, receiver: 3 })
    for (const { events } of [sender, wrong]) {
      expect(events.at(-1)).toMatchObject({ event: 'error', code: 'wrong-code' })
    }
    const right = startReceiver(code, what.output, { server, ...wait })
    expect(await right.exit).toMatchObject({ status: 4 })
  })
})

describe('nobody comes', () => {
  it.each([
    ['to a receiver', (server: string) => startReceiver('1-zoo-zebra', '.', { server, ...wait })],
    [
      'to a sender',
      (server: string) => start(['send', parcel(1).file, '--json', '--rendezvous', server], wait),
    ],
  ])('%s, and it ends after its wait', async (_title, startProgram) => {
    const { server } = await startServer()
    const program = startProgram(server)
    const startedMs = Date.now()
    expect(await program.exit, program.describe()).toMatchObject({ status: 4 })
    expect(Date.now() - startedMs).toBeGreaterThanOrEqual(WAIT_MS)
    expect(program.events.at(-1)).toMatchObject({ event: 'error', code: 'nobody-came', exit: 4 })
  })

  it('to a server that is not there', async () => {
    const receiver = startReceiver('1-zoo-zebra', '.', { server: NO_SERVER })
    const sender = start(['send', parcel(1).file, '--json', '--rendezvous', NO_SERVER])
    await expectStatuses({ sender, receiver }, { sender: 10, receiver: 10 })
  })
})
