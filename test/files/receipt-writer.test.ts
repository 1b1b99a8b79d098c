import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createReceipt, type ReceiptSummary } from '../../src/files/receipt-writer.ts'
import { MIB } from '../../src/limits.ts'
import { asOrdinaryUser, failure, scratchDirectory, smallFileSystem } from './scratch.ts'

const summary: ReceiptSummary = {
  role: 'receiver',
  name: 'photos',
  files: 2,
  bytes: 5,
  skipped: 1,
  sent: 4,
  seconds: 1.5,
  path: 'direct',
  digest: 'ab'.repeat(32),
}
const sha256 = 'cd'.repeat(32)

describe('createReceipt', () => {
  it('writes JSON with a line for each file', async () => {
    const path = join(scratchDirectory(), 'receipt.json')
    const receipt = await createReceipt(path)
    const files = ['photos/a', 'photos/b "\n\u202e'].map((name, bytes) => ({
      path: name,
      bytes,
      sha256,
    }))
    for (const file of files) receipt.file(file)
    await receipt.finish(summary)
    const text = readFileSync(path, 'utf8')
    expect(JSON.parse(text)).toEqual({
      p2pshare: 'receipt/1',
      digests: 'sha256 over the sha256 of every 1048576 bytes',
      blockBytes: MIB,
      files,
      role: 'receiver',
      name: 'photos',
      totals: { files: 2, bytes: 1 },
      skipped: 1,
      sent: 4,
      seconds: 1.5,
      path: 'direct',
      digest: summary.digest,
      finished: expect.stringMatching(/^\d{4}-.*Z$/),
    })
    expect(text.split('\n')).toHaveLength(5)
  })

  it('is JSON without any file, too', async () => {
    const path = join(scratchDirectory(), 'receipt.json')
    await (await createReceipt(path)).finish(summary)
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ files: [] })
  })

  it('keeps all lines in order when they come faster than they are written', async () => {
    const path = join(scratchDirectory(), 'receipt.json')
    const receipt = await createReceipt(path)
    const count = 60_000
    for (let bytes = 0; bytes < count; bytes += 1)
      receipt.file({ path: `é/${bytes}`, bytes, sha256 })
    await receipt.finish(summary)
    const { files } = JSON.parse(readFileSync(path, 'utf8'))
    expect(files).toHaveLength(count)
    expect(files.every((file: { path: string }, at: number) => file.path === `é/${at}`)).toBe(true)
  })

  it('holds no more than its bound of what the disk has not taken', async () => {
    const path = join(scratchDirectory(), 'receipt.json')
    const receipt = await createReceipt(path)
    const name = 'x'.repeat(4000)
    const before = process.memoryUsage().arrayBuffers
    // 200 MB without a turn of the event loop in which anything could be written behind them.
    for (let bytes = 0; bytes < 50_000; bytes += 1) receipt.file({ path: name, bytes, sha256 })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100 * MIB)
    await receipt.discard()
  })

  it('is there only once it is finished, and replaces an older one', async () => {
    const directory = scratchDirectory()
    const path = join(directory, 'receipt.json')
    writeFileSync(path, 'older')
    const receipt = await createReceipt(path)
    expect(readFileSync(path, 'utf8')).toBe('older')
    expect(readdirSync(directory)).toHaveLength(2)
    await receipt.finish(summary)
    await receipt.discard()
    expect(readFileSync(path, 'utf8')).toContain('receipt/1')
    expect(readdirSync(directory)).toEqual(['receipt.json'])
  })

  it('leaves nothing behind when it is discarded', async () => {
    const directory = scratchDirectory()
    const receipt = await createReceipt(join(directory, 'receipt.json'))
    receipt.file({ path: 'a', bytes: 1, sha256 })
    await receipt.discard()
    await receipt.discard()
    receipt.file({ path: 'b', bytes: 1, sha256 })
    expect(readdirSync(directory)).toEqual([])
  })

  it('fails at once where it cannot be written', async () => {
    const directory = scratchDirectory()
    await failure(createReceipt(join(directory, 'none', 'receipt.json')), 'not-found')
    chmodSync(directory, 0o555)
    await asOrdinaryUser(() => failure(createReceipt(join(directory, 'r.json')), 'permission'))
  })

  it('replaces nothing but files', async () => {
    const directory = scratchDirectory()
    mkdirSync(join(directory, 'directory'))
    symlinkSync('elsewhere', join(directory, 'link'))
    for (const name of ['directory', 'link']) {
      const error = await failure(createReceipt(join(directory, name)), 'file-exists')
      expect(error.hint).toContain('--receipt')
    }
    await failure(createReceipt('/dev/null'), 'file-exists')
    expect(readdirSync(directory)).toEqual(['directory', 'link'])
  })

  it('tells in the end of what failed meanwhile, and cleans up', async (context) => {
    const directory = smallFileSystem(MIB, context)
    const receipt = await createReceipt(join(directory, 'receipt.json'))
    for (let bytes = 0; bytes < 20_000; bytes += 1) receipt.file({ path: 'a', bytes, sha256 })
    await failure(receipt.finish(summary), 'disk-full')
    expect(readdirSync(directory)).toEqual([])
  })
})
