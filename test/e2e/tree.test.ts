import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { plant } from '../files/tree.ts'
import { describeTree, makeWritable, plantOddTree } from './odd-tree.ts'
import { start } from './program.ts'
import { expectStatuses, parcelOf, startServer, startTransfer } from './transfer.ts'

const POLL_MS = 5

describe('a tree', () => {
  it('of 5,000 odd names arrives identical, and nobody ever sees a part of it', {
    timeout: 300_000,
  }, async () => {
    const what = parcelOf((path) => plantOddTree(path, 5000))
    const transfer = await startTransfer(what, await startServer())
    onTestFinished(() => makeWritable(what.output))
    const seen = new Set<string>()
    let looks = 0
    while (!transfer.receiver.hasEnded) {
      for (const name of readdirSync(what.output)) {
        if (name === what.name && !seen.has(name)) {
          expect(describeTree(what.saved)).toEqual(describeTree(what.file))
        }
        seen.add(name)
      }
      looks += 1
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
    await expectStatuses(transfer, { sender: 0, receiver: 0 })
    expect(describeTree(what.output)).toEqual(describeTree(dirname(what.file)))
    expect(transfer.receiver.eventsOf('done')[0]).toMatchObject({ files: 5000, skipped: 0 })
    const names = [...seen].filter((name) => !name.startsWith('.p2pshare-'))
    expect(names).toEqual([what.name])
    // While it was on its way there was something to be seen, had it been there.
    expect(seen.size).toBeGreaterThan(1)
    expect(looks).toBeGreaterThan(10)
  })

  it('of nothing but empty directories and files arrives', async () => {
    const what = parcelOf((path) => plant(path, { 'a/b/': '', 'c/': '', 'd/empty': '' }))
    const transfer = await startTransfer(what, await startServer())
    await expectStatuses(transfer, { sender: 0, receiver: 0 })
    expect(describeTree(what.output)).toEqual(describeTree(dirname(what.file)))
  })

  it('with a newline in a name is refused before anybody has to come', async () => {
    const what = parcelOf((path) => plant(path, { 'fine/file': 'x', 'not/fi\nne': 'x' }))
    const { server } = await startServer()
    const sender = start(['send', what.file, '--json', '--rendezvous', server])
    expect(await sender.exit, sender.describe()).toMatchObject({ status: 8 })
    const error = sender.events.at(-1)
    expect(error).toMatchObject({ event: 'error', code: 'unsafe-name' })
    expect(error).toHaveProperty('message', expect.stringContaining('parcel/not/fi\\u{a}ne'))
    expect(error).toHaveProperty('message', expect.stringMatching(/control or invisible/))
    expect(error).toHaveProperty('hint', expect.stringContaining('--exclude'))
  })

  it('with two names that are one elsewhere is refused, and both sides say why', async () => {
    const what = parcelOf((path) => plant(path, { README: 'a', readme: 'b' }))
    const transfer = await startTransfer(what, await startServer())
    await expectStatuses(transfer, { sender: 9, receiver: 8 })
    const { sender, receiver } = transfer
    expect(receiver.events.at(-1)).toMatchObject({ event: 'error', code: 'unsafe-name' })
    expect(receiver.events.at(-1)).toHaveProperty('message', expect.stringMatching(/readme/i))
    expect(sender.events.at(-1)).toHaveProperty('message', expect.stringMatching(/two are one/))
    for (const { events } of [sender, receiver]) {
      expect(events.filter((event) => event.event === 'file')).toEqual([])
    }
    expect(readdirSync(what.output)).toEqual([])
  })
})

describe('several paths', () => {
  it('go side by side into a directory that is there', async () => {
    const what = parcelOf((path) => plant(path, { 'one/a': 'a', 'two/b': 'b', three: 'c' }))
    const file = ['one', 'two', 'three'].map((name) => join(what.file, name))
    const transfer = await startTransfer({ ...what, file }, await startServer())
    await expectStatuses(transfer, { sender: 0, receiver: 0 })
    expect(describeTree(what.output)).toEqual(describeTree(what.file))
    for (const { events } of [transfer.sender, transfer.receiver]) {
      const offer = events.find((event) => event.event === 'offer')
      expect(offer).toMatchObject({ kind: 'several', name: '3 items', files: 3, bytes: 3 })
    }
  })

  it('go into a new directory under a new name', async () => {
    const what = parcelOf((path) => plant(path, { 'one/a': 'a', two: 'b' }))
    const file = ['one', 'two'].map((name) => join(what.file, name))
    const output = join(what.output, 'new')
    const transfer = await startTransfer({ file, output }, await startServer())
    await expectStatuses(transfer, { sender: 0, receiver: 0 })
    expect(readdirSync(what.output)).toEqual(['new'])
    expect(describeTree(output)).toEqual(describeTree(what.file))
    expect(transfer.receiver.eventsOf('done')[0]).toMatchObject({ saved: output })
  })

  it('of the same name do not take each other’s place', async () => {
    const what = parcelOf((path) => plant(path, { 'x/name': 'a', 'y/name': 'b' }))
    const file = ['x/name', 'y/name'].map((name) => join(what.file, name))
    const { server } = await startServer()
    const sender = start(['send', ...file, '--json', '--rendezvous', server])
    const { status } = await sender.exit
    expect(status, sender.describe()).toBe(2)
  })

  it('include a directory with a new name for it', async () => {
    const what = parcelOf((path) => plant(path, { a: 'a', 'b/c': 'c' }))
    const output = join(what.output, 'new')
    const transfer = await startTransfer({ ...what, output }, await startServer())
    await expectStatuses(transfer, { sender: 0, receiver: 0 })
    expect(readdirSync(what.output)).toEqual(['new'])
    expect(describeTree(output)).toEqual(describeTree(what.file))
  })
})
