import { existsSync, readdirSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it, type TestContext } from 'vitest'
import { MIB } from '../../src/limits.ts'
import { sha256Of } from './content.ts'
import { runThrough } from './isolated-network.ts'
import { type LinkedNetworks, linkedNetworks } from './linked-networks.ts'
import { slowDisk } from './slow-disk.ts'
import {
  expectStatuses,
  type Parcel,
  parcel,
  startReceiver,
  startSender,
  startServer,
  startTransfer,
  type Transfer,
  type TransferOptions,
} from './transfer.ts'

const BYTES = 160 * MIB
/** When something happens to the connection. */
const EARLY_BYTES = 32 * MIB
/** With four threads that write: 16 MiB a second, so that there is time for things to happen. */
const WRITE_MS = 250
const OUTAGE_MS = 30_000
const SERVER_PORT = 7342
/** Nothing but a window's worth is sent twice. */
const MOST_SENT_BYTES = 1.05 * BYTES + 32 * MIB

interface Scene {
  what: Parcel
  networks: LinkedNetworks
  options: TransferOptions
}

async function linked(context: TestContext): Promise<Scene> {
  const networks = await linkedNetworks(context)
  const receiverEnv = slowDisk(context, WRITE_MS)
  const { sender: through, receiver: receiverThrough } = networks
  return { what: parcel(BYTES), networks, options: { through, receiverThrough, receiverEnv } }
}

/** Starts a transfer whose sender runs the rendezvous, and waits for the middle of it. */
async function begun({ what, options }: Scene, env: NodeJS.ProcessEnv = {}): Promise<Transfer> {
  const both = { ...options, env }
  const { sender, full } = await startSender(what.file, both)
  const transfer = { sender, receiver: startReceiver(full, what.output, both) }
  await inTheMiddle(transfer)
  return transfer
}

async function inTheMiddle({ receiver }: Transfer): Promise<void> {
  await receiver.event('progress', ({ bytes }) => bytes >= EARLY_BYTES)
}

/** Until both were connected once more. */
async function connectedAgain({ sender, receiver }: Transfer): Promise<void> {
  for (const side of [sender, receiver]) {
    const [first] = side.eventsOf('connected')
    await side.event('connected', (event) => event !== first)
  }
}

async function expectArrival(transfer: Transfer, { saved, sha256 }: Parcel): Promise<void> {
  await expectStatuses(transfer, { sender: 0, receiver: 0 })
  expect(await sha256Of(saved)).toBe(sha256)
  const [sent] = transfer.sender.eventsOf('done')
  expect(sent?.sent).toBeLessThan(MOST_SENT_BYTES)
}

/** How long `work` takes, told with the name of the test. */
async function timed(context: TestContext, work: Promise<unknown>): Promise<number> {
  const startedMs = performance.now()
  await work
  const tookMs = performance.now() - startedMs
  console.log(`${context.task.name}: ${(tookMs / 1000).toFixed(1)} s`)
  return tookMs
}

describe('a transfer goes on by itself', () => {
  it('when the network comes back', async (context) => {
    const scene = await linked(context)
    const transfer = await begun(scene)
    scene.networks.unplug()
    await pause(OUTAGE_MS)
    scene.networks.plugIn()
    expect(await timed(context, connectedAgain(transfer))).toBeLessThan(15_000)
    await expectArrival(transfer, scene.what)
  })

  it('when the receiver gets another address', async (context) => {
    const scene = await linked(context)
    const transfer = await begun(scene)
    scene.networks.changeReceiverAddress()
    expect(await timed(context, connectedAgain(transfer))).toBeLessThan(15_000)
    await expectArrival(transfer, scene.what)
  })

  it('when the rendezvous server is started again while the network is gone', async (context) => {
    const { what, networks, options } = await linked(context)
    const at = { host: networks.senderAddress, port: SERVER_PORT, through: networks.sender }
    const { server, program } = await startServer(at)
    const transfer = await startTransfer(what, { ...options, server })
    await inTheMiddle(transfer)
    networks.unplug()
    program.kill('SIGKILL')
    await pause(OUTAGE_MS / 2)
    await startServer(at)
    await pause(OUTAGE_MS / 2)
    networks.plugIn()
    expect(await timed(context, connectedAgain(transfer))).toBeLessThan(15_000)
    await expectArrival(transfer, what)
  })

  it('when the network is gone for the last word', async (context) => {
    const scene = await linked(context)
    const transfer = await begun(scene)
    // All that is left is on its way to the receiver's disk.
    await transfer.receiver.event('progress', ({ bytes }) => bytes >= BYTES - 20 * MIB)
    scene.networks.unplug()
    await pause(OUTAGE_MS / 2)
    expect(existsSync(scene.what.saved)).toBe(true)
    scene.networks.plugIn()
    await timed(context, transfer.sender.exit)
    await expectArrival(transfer, scene.what)
  })

  it.each(['sender', 'receiver'] as const)('when the %s slept', async (side) => {
    const context = { skip: expect.fail }
    const what = parcel(BYTES)
    const options = { ...(await startServer()), receiverEnv: slowDisk(context, WRITE_MS) }
    const transfer = await startTransfer(what, options)
    await inTheMiddle(transfer)
    transfer[side].kill('SIGSTOP')
    await pause(40_000)
    transfer[side].kill('SIGCONT')
    await expectArrival(transfer, what)
  })
})

describe('a transfer whose connection is lost', () => {
  it('ends on both sides where it is not to be reconnected', async (context) => {
    const scene = await linked(context)
    const transfer = await begun(scene, { P2PSHARE_RECONNECT: '0' })
    scene.networks.unplug()
    await expectStatuses(transfer, { sender: 6, receiver: 6 })
  })

  it('ends on both sides after --reconnect, and the next one goes on with it', async (context) => {
    const scene = await linked(context)
    const transfer = await begun(scene, { P2PSHARE_RECONNECT: '5s' })
    scene.networks.unplug()
    await expectStatuses(transfer, { sender: 6, receiver: 6 })
    expect(readdirSync(scene.what.output)).toEqual([expect.stringMatching(/^\.p2pshare-/)])
    scene.networks.plugIn()
    const { sender, full } = await startSender(scene.what.file, scene.options)
    const next = { sender, receiver: startReceiver(full, scene.what.output, scene.options) }
    await expectArrival(next, scene.what)
    const [done] = next.sender.eventsOf('done')
    expect(done?.sent).toBeLessThanOrEqual(BYTES - EARLY_BYTES)
  })
})

describe('a receiver', () => {
  it('that starts before its network is up waits a moment for it', async (context) => {
    const what = parcel(MIB)
    const { sender: through, receiver: receiverThrough } = await linkedNetworks(context)
    const options = { through, receiverThrough }
    const { sender, full } = await startSender(what.file, options)
    runThrough(receiverThrough, 'ip link set lan1 down')
    const receiver = startReceiver(full, what.output, options)
    await pause(1500)
    runThrough(receiverThrough, 'ip link set lan1 up')
    await expectArrival({ sender, receiver }, what)
  })
})
