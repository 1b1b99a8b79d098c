import { appendFileSync, mkdirSync, readdirSync, rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MIB } from '../../src/limits.ts'
import { writeRandomFile } from './content.ts'
import { expectStatuses, parcelOf, startServer, startTransfer } from './transfer.ts'

const FILES = 16

/** Large files, of which the last is sent long after the first. */
function largeTree() {
  return parcelOf((path) => {
    mkdirSync(path)
    for (let number = 10; number < 10 + FILES; number++) {
      writeRandomFile(join(path, `file ${number}`), 16 * MIB)
    }
  })
}

describe('a tree of which a file', () => {
  it.each([
    ['grows', (path: string) => appendFileSync(path, 'more'), 'file-changed'],
    ['is touched', (path: string) => utimesSync(path, 1, 1), 'file-changed'],
    ['vanishes', (path: string) => rmSync(path), 'file-changed'],
  ])(
    '%s while it is sent is not published, and both sides say why',
    async (_title, change, code) => {
      const what = largeTree()
      const transfer = await startTransfer(what, await startServer())
      const { sender, receiver } = transfer
      await sender.event('progress', ({ bytes }) => bytes > 0)
      // The next one to be finished may be any that was not told yet.
      const finished = new Set(sender.eventsOf('file').map(({ path }) => path))
      const rest = readdirSync(what.file).filter((name) => !finished.has(`${what.name}/${name}`))
      for (const name of rest.slice(-8)) change(join(what.file, name))
      await expectStatuses(transfer, { sender: 8, receiver: 9 })
      expect(sender.events.at(-1)).toMatchObject({ event: 'error', code })
      expect(sender.events.at(-1)).toHaveProperty('message', expect.stringContaining('parcel/file'))
      expect(receiver.events.at(-1)).toHaveProperty('message', expect.stringMatching(/changed/))
      expect(readdirSync(what.output)).not.toContain(what.name)
    },
  )
})
