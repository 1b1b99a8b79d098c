import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { plant } from '../files/tree.ts'
import { type Ended, start } from './program.ts'
import { expectStatuses, parcelOf, startServer, startTransfer } from './transfer.ts'

const TREE = { 'sub/b': 'contents', 'sub/empty': '', a: 'x'.repeat(2_500_000) }

async function receipts(what: { file: string | string[]; output: string }, flags: string[] = []) {
  const { directory } = parcelOf(() => {})
  const [sent, received] = [join(directory, 'sent.json'), join(directory, 'received.json')]
  const transfer = await startTransfer(what, {
    ...(await startServer()),
    sendFlags: ['--receipt', sent],
    receiveFlags: ['--receipt', received, ...flags],
  })
  await expectStatuses(transfer, { sender: 0, receiver: 0 })
  expect(readdirSync(directory).sort()).toEqual(['received', 'received.json', 'sent', 'sent.json'])
  return { sent, received, transfer }
}

async function verify(receipt: string, directory: string): Promise<Ended & { output: string }> {
  const program = start(['verify', receipt, directory])
  return { ...(await program.exit), output: program.stderr }
}

describe('the receipts of both sides', () => {
  it('have the same digest, and find what is changed later', async () => {
    const what = parcelOf((path) => plant(path, TREE))
    const { sent, received, transfer } = await receipts(what)
    const [one, other] = [sent, received].map((path) => JSON.parse(readFileSync(path, 'utf8')))
    expect(one.digest).toMatch(/^[0-9a-f]{64}$/)
    expect(other).toMatchObject({ digest: one.digest, totals: one.totals, role: 'receiver' })
    expect(transfer.sender.eventsOf('done')[0]?.digest).toBe(one.digest)
    expect(await verify(sent, join(what.file, '..'))).toMatchObject({ status: 0 })
    expect(await verify(received, what.output)).toMatchObject({
      status: 0,
      output: 'As the receipt says: 3 files, 2.4 MiB.\n',
    })
    writeFileSync(join(what.saved, 'sub/b'), 'c0ntents')
    rmSync(join(what.saved, 'sub/empty'))
    const { status, output } = await verify(received, what.output)
    expect(status).toBe(7)
    expect(output).toContain('changed: parcel/sub/b\n')
    expect(output).toContain('missing: parcel/sub/empty\n')
    expect(output).toContain('2 of 3 files differ from the receipt')
  })

  it('fit a directory that is saved under another name', async () => {
    const what = parcelOf((path) => plant(path, TREE))
    const output = join(what.output, 'other')
    const { received } = await receipts({ ...what, output })
    expect(await verify(received, what.output)).toMatchObject({ status: 0 })
  })

  it('fit a file that is saved under another name', async () => {
    const what = parcelOf((path) => writeFileSync(path, 'contents'))
    const output = join(what.output, 'other')
    const { received } = await receipts({ ...what, output })
    expect(await verify(received, what.output)).toMatchObject({ status: 0 })
    writeFileSync(output, 'c0ntents')
    expect(await verify(received, what.output)).toMatchObject({ status: 7 })
  })

  it('fit what is saved beside something of the same name', async () => {
    const what = parcelOf((path) => plant(path, TREE))
    mkdirSync(what.saved)
    const { received } = await receipts(what, ['--rename'])
    expect(existsSync(`${what.saved} (2)`)).toBe(true)
    expect(await verify(received, what.output)).toMatchObject({ status: 0 })
  })

  it('fit several, some of them beside something of the same name', async () => {
    const what = parcelOf((path) => plant(path, { one: '1', two: '2' }))
    const file = ['one', 'two'].map((name) => join(what.file, name))
    writeFileSync(join(what.output, 'two'), 'another')
    const { received } = await receipts({ file, output: what.output }, ['--rename'])
    expect(await verify(received, what.output)).toMatchObject({ status: 0 })
    const together = join(what.output, 'together')
    const { received: inside } = await receipts({ file, output: together })
    expect(await verify(inside, together)).toMatchObject({ status: 0 })
  })

  it('is not left behind by a transfer that fails', async () => {
    const what = parcelOf((path) => plant(path, TREE))
    mkdirSync(what.saved)
    const receipt = join(what.directory, 'receipt.json')
    const transfer = await startTransfer(what, {
      ...(await startServer()),
      sendFlags: ['--receipt', `${receipt}.sent`],
      receiveFlags: ['--receipt', receipt],
    })
    await expectStatuses(transfer, { sender: 9, receiver: 8 })
    expect(readdirSync(what.directory).sort()).toEqual(['received', 'sent'])
  })
})
