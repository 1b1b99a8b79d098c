import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { plant } from '../files/tree.ts'
import { start } from './program.ts'
import { terminal } from './terminal.ts'
import { expectStatuses, parcelOf, startSender, startServer, startTransfer } from './transfer.ts'

const SENT = { 'sub/both': 'new both', 'sub/new': 'new', top: 'new top' }
const THERE = { 'parcel/sub/both': 'old both', 'parcel/sub/old': 'old', 'parcel/top': 'old top' }

/** A tree to be sent, and an older one in its place. */
function meeting() {
  const what = parcelOf((path) => plant(path, SENT))
  plant(what.output, THERE)
  return what
}

/** All files below `root` with their contents. */
function contents(root: string): Record<string, string> {
  const files = readdirSync(root, { recursive: true, withFileTypes: true })
  return Object.fromEntries(
    files
      .filter((file) => file.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .map((path) => [path.slice(root.length + 1), readFileSync(path, 'utf8')]),
  )
}

const MERGED = {
  'parcel/sub/both': 'new both',
  'parcel/sub/new': 'new',
  'parcel/sub/old': 'old',
  'parcel/top': 'new top',
}
const BESIDE = { ...THERE, 'parcel/sub/new': 'new' }
const RENAMED = {
  ...THERE,
  'parcel (2)/sub/both': 'new both',
  'parcel (2)/sub/new': 'new',
  'parcel (2)/top': 'new top',
}

describe('a directory that is there already', () => {
  it('is left alone, before a byte is sent', async () => {
    const what = meeting()
    const transfer = await startTransfer(what, await startServer())
    await expectStatuses(transfer, { sender: 9, receiver: 8 })
    expect(contents(what.output)).toEqual(THERE)
    expect(readdirSync(what.output)).toEqual([what.name])
    expect(transfer.receiver.events.at(-1)).toMatchObject({ code: 'file-exists' })
    expect(transfer.sender.eventsOf('progress')).toEqual([])
  })

  it.each([
    ['gets what is sent over what it has', '--overwrite', MERGED, 0],
    ['gets only what it has not', '--skip', BESIDE, 2],
    ['gets what differs', '--update', MERGED, 0],
    ['is joined by one of another name', '--rename', RENAMED, 0],
  ])('%s: %s', async (_title, flag, expected, skipped) => {
    const what = meeting()
    const options = { ...(await startServer()), receiveFlags: [flag] }
    const transfer = await startTransfer(what, options)
    await expectStatuses(transfer, { sender: 0, receiver: 0 })
    expect(contents(what.output)).toEqual(expected)
    const [sent] = transfer.sender.eventsOf('done')
    const [received] = transfer.receiver.eventsOf('done')
    expect(sent).toMatchObject({ skipped })
    expect(received).toMatchObject({ skipped, digest: sent?.digest })
  })

  it('costs nothing where it is up to date', async () => {
    const what = parcelOf((path) => plant(path, { a: 'x'.repeat(300_000), 'b/c': 'y' }))
    const { server } = await startServer()
    const receiveFlags = ['--update']
    for (const isAgain of [false, true]) {
      const transfer = await startTransfer(what, { server, receiveFlags })
      await expectStatuses(transfer, { sender: 0, receiver: 0 })
      const [done] = transfer.sender.eventsOf('done')
      if (isAgain) expect(done).toMatchObject({ files: 2, bytes: 300_001, sent: 0 })
      else expect(done?.sent).toBeGreaterThan(0)
    }
  })
})

describe('at a terminal', () => {
  it.for([
    ['o', MERGED, 0, 0],
    ['r', RENAMED, 0, 0],
    ['s', BESIDE, 0, 0],
    ['n', THERE, 8, 9],
    ['', THERE, 8, 9],
  ] as const)(
    'the answer "%s" is followed',
    async ([answer, expected, status, senderStatus], context) => {
      const what = meeting()
      const { server } = await startServer()
      const { sender, code } = await startSender(what.file, { server })
      const receiver = start(['receive', code, '--rendezvous', server], {
        through: terminal(context),
        cwd: what.output,
      })
      await receiver.text('[n]othing?', 'stdout')
      receiver.type(`${answer}\r`)
      if (status === 0) {
        await receiver.text('Save it?', 'stdout')
        receiver.type('y\r')
      }
      await expectStatuses({ sender, receiver }, { sender: senderStatus, receiver: status })
      expect(contents(what.output)).toEqual(expected)
      expect(receiver.stdout).toContain('"./parcel" is there already')
    },
  )
})
