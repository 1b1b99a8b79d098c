import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MIB } from '../../src/limits.ts'
import { scratchDirectory, smallFileSystem } from '../files/scratch.ts'
import { start } from './program.ts'
import { terminal } from './terminal.ts'
import {
  expectStatuses,
  parcel,
  startReceiver,
  startSender,
  startServer,
  startTransfer,
  type Transfer,
} from './transfer.ts'

/** Fails if any byte of the file was sent. */
function expectNothingSent({ sender, receiver }: Transfer): void {
  for (const side of [sender, receiver]) {
    expect(side.eventsOf('progress'), side.describe()).toEqual([])
    expect(side.eventsOf('done')).toEqual([])
  }
}

describe('the sender refuses', () => {
  it.each([
    ['a file that is not there', (path: string) => path, 'not-found'],
    [
      'a pipe, without waiting for what comes out of it',
      (path: string) => {
        execFileSync('mkfifo', [path])
        return path
      },
      'not-a-file',
    ],
  ])('%s', async (_title, make, code) => {
    const sender = start(['send', make(join(scratchDirectory(), 'it')), '--json'])
    expect(await sender.exit, sender.describe()).toMatchObject({ status: 8 })
    expect(sender.events).toMatchObject([{ event: 'error', code, exit: 8 }])
  })
})

describe('the receiver declines', () => {
  it('what is there already, before a byte is sent', async () => {
    const what = parcel(3 * MIB)
    writeFileSync(what.saved, 'the only copy')
    const transfer = await startTransfer(what, await startServer())
    await expectStatuses(transfer, { sender: 9, receiver: 8 })
    expectNothingSent(transfer)
    expect(readdirSync(what.output)).toEqual([what.name])
    expect(readFileSync(what.saved, 'utf8')).toBe('the only copy')
  })

  it('what there is no room for, before a byte is sent', async (context) => {
    const output = smallFileSystem(2 * MIB, context)
    const transfer = await startTransfer({ ...parcel(3 * MIB), output }, await startServer())
    await expectStatuses(transfer, { sender: 9, receiver: 8 })
    expectNothingSent(transfer)
    expect(readdirSync(output)).toEqual([])
  })

  it('what the person at the prompt does not want', async (context) => {
    const { server } = await startServer()
    const what = parcel(3 * MIB)
    const { sender, code } = await startSender(what.file, { server })
    const receiver = start(['receive', code, '--rendezvous', server], {
      through: terminal(context),
      cwd: what.output,
    })
    await receiver.text('Save it?', 'stdout')
    receiver.type('n\r')
    await expectStatuses({ sender, receiver }, { sender: 9, receiver: 9 })
    expectNothingSent({ sender, receiver })
    expect(readdirSync(what.output)).toEqual([])
  })
})

describe('a disk that fills up', () => {
  it('ends the transfer on both sides, and leaves no file', async (context) => {
    const what = parcel(256 * MIB)
    const output = smallFileSystem(260 * MIB, context)
    const { server } = await startServer()
    const { sender, code } = await startSender(what.file, { server })
    const receiver = startReceiver(code, output, { server })
    await receiver.event('progress')
    receiver.kill('SIGSTOP')
    fill(join(output, 'something else'))
    receiver.kill('SIGCONT')
    await expectStatuses({ sender, receiver }, { sender: 9, receiver: 8 })
    expect(receiver.events.at(-1)).toMatchObject({ event: 'error', code: 'disk-full' })
    expect(readdirSync(output)).not.toContain(what.name)
  })
})

/** Takes all the room that is left. */
function fill(path: string): void {
  const zeros = Buffer.alloc(MIB)
  try {
    for (;;) writeFileSync(path, zeros, { flag: 'a' })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
  }
}
