import { appendFileSync, mkdirSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it, type TestContext, vi } from 'vitest'
import { MIB } from '../../src/limits.ts'
import { writeRandomFile } from './content.ts'
import { describeTree } from './odd-tree.ts'
import type { Program } from './program.ts'
import { slowDisk } from './slow-disk.ts'
import {
  expectStatuses,
  parcelOf,
  startReceiver,
  startSender,
  startServer,
  type Transfer,
} from './transfer.ts'

const FILES = 8
const BYTES = FILES * 32 * MIB + 1000 * FILES

function tree() {
  return parcelOf((path) => {
    mkdirSync(path)
    for (let number = 0; number < FILES; number++) {
      writeRandomFile(join(path, `large ${number}`), 32 * MIB)
      writeRandomFile(join(path, `small ${number}`), 1000)
    }
  })
}

/** Kills `victim` once both sides know of so many bytes. */
async function killAt(bytes: number, victim: Program, receiver: Program): Promise<void> {
  await receiver.event('progress', (progress) => progress.bytes >= bytes)
  victim.kill('SIGKILL')
  await victim.exit
}

function expectSameEnd({ sender, receiver }: Transfer, maxSentBytes: number): void {
  const [sent] = sender.eventsOf('done')
  const [received] = receiver.eventsOf('done')
  expect(sent).toMatchObject({ bytes: BYTES, files: 2 * FILES, digest: received?.digest })
  expect(sent?.sent).toBeLessThan(maxSentBytes)
}

describe('what was interrupted is gone on with', () => {
  it('by a receiver that is started again, twice, while the sender runs', async () => {
    const what = tree()
    const { server } = await startServer()
    const { sender, code } = await startSender(what.file, { server })
    for (const share of [0.3, 0.6]) {
      const receiver = startReceiver(code, what.output, { server })
      await killAt(share * BYTES, receiver, receiver)
      expect(readdirSync(what.output)).not.toContain(what.name)
    }
    const receiver = startReceiver(code, what.output, { server })
    await expectStatuses({ sender, receiver }, { sender: 0, receiver: 0 })
    expect(describeTree(what.output)).toEqual(describeTree(dirname(what.file)))
    // Of what was written a part may not have been told of yet.
    expectSameEnd({ sender, receiver }, 0.6 * BYTES)
    expect(sender.eventsOf('warning').length).toBeGreaterThan(0)
  })

  it('by two that are started again with a new code', async () => {
    const what = tree()
    const { server } = await startServer()
    const options = { server, env: { P2PSHARE_RECONNECT: '0' } }
    const first = await startSender(what.file, options)
    const interrupted = startReceiver(first.code, what.output, options)
    await killAt(0.6 * BYTES, first.sender, interrupted)
    expect(await interrupted.exit, interrupted.describe()).toMatchObject({ status: 6 })
    expect(readdirSync(what.output)).not.toContain(what.name)
    const { sender, code } = await startSender(what.file, options)
    const receiver = startReceiver(code, what.output, options)
    await expectStatuses({ sender, receiver }, { sender: 0, receiver: 0 })
    expect(describeTree(what.output)).toEqual(describeTree(dirname(what.file)))
    expectSameEnd({ sender, receiver }, 0.5 * BYTES)
  })

  it('by a sender that is started again with the same code, while the receiver runs', async () => {
    const what = tree()
    const { server } = await startServer()
    const options = { server, sendFlags: ['--code', 'once-more-with-feeling-1234'] }
    const first = await startSender(what.file, options)
    const receiver = startReceiver(first.code, what.output, { server })
    await killAt(0.6 * BYTES, first.sender, receiver)
    const { sender } = await startSender(what.file, options)
    await expectStatuses({ sender, receiver }, { sender: 0, receiver: 0 })
    expect(describeTree(what.output)).toEqual(describeTree(dirname(what.file)))
    expectSameEnd({ sender, receiver }, 0.5 * BYTES)
  })
})

/** With four threads that write: 16 MiB a second, so that much is on its way to the disk. */
const WRITE_MS = 250

/** A receiver that has all of what a sender has sent that is dead, and has just saved it. */
async function savedWithoutSender(context: TestContext) {
  const what = parcelOf((path) => {
    mkdirSync(path)
    writeRandomFile(join(path, 'large'), 48 * MIB)
    for (let number = 0; number < FILES; number++) {
      writeRandomFile(join(path, `small ${number}`), 1000 * number)
    }
  })
  const { server } = await startServer()
  const options = { server, sendFlags: ['--code', 'once-more-with-feeling-1234'] }
  const first = await startSender(what.file, options)
  const receiverEnv = slowDisk(context, WRITE_MS)
  const receiver = startReceiver(first.code, what.output, { server, receiverEnv })
  await killAt(32 * MIB, first.sender, receiver)
  const isSavedAlone = () => expect(readdirSync(what.output)).toEqual([what.name])
  await vi.waitFor(isSavedAlone, { timeout: 20_000 })
  return { what, options, receiver }
}

describe('a sender that is killed when the receiver has all, and started again', () => {
  it('is shown that it is saved', async (context) => {
    const { what, options, receiver } = await savedWithoutSender(context)
    const { sender } = await startSender(what.file, options)
    await expectStatuses({ sender, receiver }, { sender: 0, receiver: 0 })
    const [sent] = sender.eventsOf('done')
    const [received] = receiver.eventsOf('done')
    expect(sent).toMatchObject({ files: FILES + 1, sent: 0, digest: received?.digest })
    expect(describeTree(what.output)).toEqual(describeTree(dirname(what.file)))
  })

  it('is told that it has something else now, and what is saved stays', async (context) => {
    const { what, options, receiver } = await savedWithoutSender(context)
    const saved = describeTree(what.output)
    appendFileSync(join(what.file, 'small 1'), 'more')
    const { sender } = await startSender(what.file, options)
    await expectStatuses({ sender, receiver }, { sender: 9, receiver: 0 })
    expect(sender.eventsOf('error')).toMatchObject([
      { message: 'The receiver stopped: the file changed while it was being sent' },
    ])
    expect(describeTree(what.output)).toEqual(saved)
  })
})
