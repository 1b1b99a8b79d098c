import { mkdirSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MIB } from '../../src/limits.ts'
import { writeRandomFile } from './content.ts'
import { describeTree } from './odd-tree.ts'
import type { Program } from './program.ts'
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
