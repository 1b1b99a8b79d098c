import { randomBytes } from 'node:crypto'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { scratchDirectory } from '../files/scratch.ts'
import { sha256Of } from './content.ts'
import { ISOLATED_ADDRESS, isolatedNetwork, runThrough } from './isolated-network.ts'
import { linkedNetworks } from './linked-networks.ts'
import { type Program, type StartOptions, start } from './program.ts'
import { expectStatuses, type Parcel, parcel, startServer, type Transfer } from './transfer.ts'

const SMALL_BYTES = 300_000
/** With a limit that makes it take long enough to be interrupted. */
const LARGE_BYTES = 24_000_000
const LIMIT = ['--limit', '3M']

interface Options extends StartOptions {
  server?: string
}

const at = (server: string | undefined) => (server === undefined ? [] : ['--rendezvous', server])

/** Starts a receiver that makes a code, and returns it with the code. */
async function startNew(
  output: string,
  { server, ...options }: Options,
): Promise<{ receiver: Program; code: string; full: string }> {
  const argv = ['receive', '--new', '--yes', '--json', '-o', output, ...at(server)]
  const receiver = start(argv, options)
  const { code, full } = await receiver.event('code')
  return { receiver, code, full }
}

function sendTo(code: string, { file }: Parcel, options: Options, more: string[] = []): Program {
  const { server, ...rest } = options
  return start(['send', file, '--json', '--to', code, ...at(server), ...more], rest)
}

async function expectArrival(transfer: Transfer, { saved, sha256 }: Parcel): Promise<void> {
  await expectStatuses(transfer, { sender: 0, receiver: 0 })
  expect(await sha256Of(saved)).toBe(sha256)
}

const ownCode = () => `${randomBytes(6).toString('hex')}-${randomBytes(6).toString('hex')}`

describe('a receiver that makes the code', () => {
  it('is found by the sender on the same machine', async (context) => {
    const through = await isolatedNetwork(context)
    const what = parcel(SMALL_BYTES)
    const { receiver, code, full } = await startNew(what.output, { through })
    expect(code).toMatch(/^\d{4}(-[a-z]+){4}$/)
    expect(full).toBe(`${code}@${ISOLATED_ADDRESS}:7342`)
    const sender = sendTo(code, what, { through })
    await expectArrival({ sender, receiver }, what)
    expect(sender.eventsOf('code')).toEqual([])
  })

  it('is found over the network by its short code', async (context) => {
    const networks = await linkedNetworks(context)
    // As a machine has that has a default route.
    runThrough(networks.sender, 'ip route add 224.0.0.0/4 dev lan0')
    runThrough(networks.receiver, 'ip route add 224.0.0.0/4 dev lan1')
    const what = parcel(SMALL_BYTES)
    const { receiver, code } = await startNew(what.output, { through: networks.receiver })
    await expectArrival(
      { sender: sendTo(code, what, { through: networks.sender }), receiver },
      what,
    )
  })

  it('is found where it names itself', async (context) => {
    const through = await isolatedNetwork(context)
    const what = parcel(SMALL_BYTES)
    const { receiver, full } = await startNew(what.output, { through })
    await expectArrival({ sender: sendTo(full, what, { through }), receiver }, what)
  })

  it('is found by a sender that came first', async (context) => {
    const through = await isolatedNetwork(context)
    const what = parcel(SMALL_BYTES)
    const code = ownCode()
    const sender = sendTo(code, what, { through })
    // It has looked at least once, and found nothing.
    await new Promise((resolve) => setTimeout(resolve, 3000))
    expect(sender.hasEnded, sender.describe()).toBe(false)
    const { receiver } = await startNew(what.output, { through, env: { P2PSHARE_CODE: code } })
    await expectArrival({ sender, receiver }, what)
  })

  it('meets the sender at a server, whoever comes first', async () => {
    const { server } = await startServer()
    const [one, two] = [parcel(SMALL_BYTES), parcel(SMALL_BYTES)]
    const { receiver, code, full } = await startNew(one.output, { server })
    expect(full).toBe(`${code}@${server.replace('http://', '')}`)
    await expectArrival({ sender: sendTo(full, one, {}), receiver }, one)

    const own = ownCode()
    const sender = sendTo(own, two, { server })
    await sender.event('waiting')
    const env = { P2PSHARE_CODE: own }
    const late = await startNew(two.output, { server, env })
    await expectArrival({ sender, receiver: late.receiver }, two)
  })

  it('ends with a wrong guess, and so does whoever guessed', async () => {
    const { server } = await startServer()
    const what = parcel(SMALL_BYTES)
    const { receiver, code } = await startNew(what.output, { server })
    const wrong = `${code.split('-')[0]}-zoo-zebra-zone-zero`
    const sender = sendTo(wrong, what, { server })
    await expectStatuses({ sender, receiver }, { sender: 3, receiver: 3 })
    const right = sendTo(code, what, { server, env: { P2PSHARE_WAIT: '2s' } })
    expect(await right.exit).toMatchObject({ status: 4 })
  })

  it('is told of a second sender, which is turned away', async () => {
    const { server } = await startServer()
    const what = parcel(SMALL_BYTES)
    const { receiver, code } = await startNew(what.output, { server })
    // The two sides are together for a moment only, unless one of them takes its time.
    receiver.kill('SIGSTOP')
    const senders = [sendTo(code, what, { server }), sendTo(code, what, { server })]
    const second = await Promise.race(senders.map((each) => each.exit.then(() => each)))
    expect(await second.exit).toMatchObject({ status: 4 })
    expect(second.eventsOf('error')[0]?.message).toContain('already sending')
    receiver.kill('SIGCONT')
    await receiver.event('warning')
    for (const sender of senders) {
      if (sender !== second) await expectArrival({ sender, receiver }, what)
    }
    expect.assertions(4)
  })

  it.each([
    ['that is killed comes back by the same code', 'receiver'],
    ['has a sender that is killed back by the same code', 'sender'],
  ] as const)('%s', async (_title, killed) => {
    const { server } = await startServer()
    const what = parcel(LARGE_BYTES)
    const env = { P2PSHARE_CODE: ownCode() }
    const { receiver, code } = await startNew(what.output, { server, env })
    const sender = sendTo(code, what, { server }, LIMIT)
    await receiver.event('progress', ({ bytes }) => bytes > 4_000_000)
    const sides = { sender, receiver }
    sides[killed].kill('SIGKILL')
    await sides[killed].exit
    if (killed === 'sender') sides.sender = sendTo(code, what, { server }, LIMIT)
    else sides.receiver = (await startNew(what.output, { server, env })).receiver
    await expectArrival(sides, what)
    expect(sides.sender.eventsOf('done')[0]?.sent).toBeLessThan(LARGE_BYTES)
  })

  it('that is killed without a server comes back by the same code', async (context) => {
    const through = await isolatedNetwork(context)
    const what = parcel(LARGE_BYTES)
    const env = { P2PSHARE_CODE: ownCode() }
    const first = await startNew(what.output, { through, env })
    const sender = sendTo(first.code, what, { through }, LIMIT)
    await first.receiver.event('progress', ({ bytes }) => bytes > 4_000_000)
    first.receiver.kill('SIGKILL')
    await first.receiver.exit
    const { receiver } = await startNew(what.output, { through, env })
    await expectArrival({ sender, receiver }, what)
    expect(sender.eventsOf('done')[0]?.sent).toBeLessThan(LARGE_BYTES)
  })
})

describe('a code file', () => {
  it('brings two sides together, and warns where others may read it', async () => {
    const { server } = await startServer()
    const what = parcel(SMALL_BYTES)
    const file = join(scratchDirectory(), 'code')
    writeFileSync(file, `${ownCode()}\n`, { mode: 0o600 })
    chmodSync(file, 0o600)
    const words = ['--code-file', file, '--rendezvous', server, '--json']
    const receiver = start(['receive', '--yes', '-o', what.output, ...words])
    await receiver.event('waiting')
    chmodSync(file, 0o644)
    const sender = start(['send', what.file, ...words])
    await expectArrival({ sender, receiver }, what)
    expect(receiver.eventsOf('warning')).toEqual([])
    expect(sender.eventsOf('warning')).toMatchObject([
      { message: expect.stringContaining('Other users of this machine may read') },
    ])
  })
})
