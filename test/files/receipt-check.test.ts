import { createHash, randomBytes } from 'node:crypto'
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ShareError } from '../../src/errors.ts'
import type { VerifyEvent } from '../../src/events.ts'
import { createReceipt } from '../../src/files/receipt-writer.ts'
import { BLOCK_BYTES } from '../../src/limits.ts'
import { verify } from '../../src/verify.ts'
import { asOrdinaryUser, failure, scratchDirectory } from './scratch.ts'

const digest = 'ab'.repeat(32)

/** The digest as PROTOCOL.md has it, in the plainest way. */
function blockwise(contents: Uint8Array): string {
  const outer = createHash('sha256')
  for (let at = 0; at < contents.length; at += BLOCK_BYTES) {
    const block = contents.subarray(at, at + BLOCK_BYTES)
    outer.update(createHash('sha256').update(block).digest())
  }
  return outer.digest('hex')
}

const CONTENTS: Record<string, Uint8Array> = {
  'photos/empty': new Uint8Array(),
  'photos/small': Buffer.from('small'),
  'photos/deep/er/block': randomBytes(BLOCK_BYTES),
  'photos/deep/er/more': randomBytes(2 * BLOCK_BYTES + 7),
  'photos/deep/last': Buffer.from('last'),
}

/** A tree, and the receipt of its transfer outside it. */
async function received(contents = CONTENTS): Promise<{ directory: string; receipt: string }> {
  const directory = scratchDirectory()
  const receipt = join(scratchDirectory(), 'receipt.json')
  const writer = await createReceipt(receipt)
  for (const [path, content] of Object.entries(contents)) {
    mkdirSync(join(directory, dirname(path)), { recursive: true })
    writeFileSync(join(directory, path), content)
    writer.file({ path, bytes: content.length, sha256: blockwise(content) })
  }
  await writer.finish({
    role: 'receiver',
    name: 'photos',
    files: 5,
    bytes: 0,
    skipped: 0,
    sent: 0,
    seconds: 0,
    path: 'direct',
    digest,
  })
  return { directory, receipt }
}

async function check(receipt: string, directory: string) {
  const events: VerifyEvent[] = []
  const summary = await verify(receipt, directory, { onEvent: (event) => events.push(event) })
  const mismatches = events.flatMap((event) =>
    event.event === 'mismatch' ? [`${event.reason} ${event.path}`] : [],
  )
  expect(mismatches).toHaveLength(summary.mismatches)
  expect(events.at(-1)).toEqual({ event: 'done', ...summary })
  return { summary, mismatches: mismatches.sort() }
}

describe('verify', () => {
  it('finds nothing wrong with what is as the receipt says', async () => {
    const { directory, receipt } = await received()
    writeFileSync(join(directory, 'photos/not listed'), '')
    const { summary } = await check(receipt, directory)
    const bytes = Object.values(CONTENTS).reduce((sum, { length }) => sum + length, 0)
    expect(summary).toEqual({ files: 5, bytes, mismatches: 0, digest })
  })

  it('tells of each file that is missing or changed', async () => {
    const { directory, receipt } = await received()
    const at = (path: string) => join(directory, 'photos', path)
    rmSync(at('small'))
    appendFileSync(at('empty'), 'x')
    const block = Buffer.from(readFileSync(at('deep/er/more')))
    block[BLOCK_BYTES + 5] = (block[BLOCK_BYTES + 5] ?? 0) ^ 1
    writeFileSync(at('deep/er/more'), block)
    const { mismatches } = await check(receipt, directory)
    expect(mismatches).toEqual([
      'changed photos/deep/er/more',
      'changed photos/empty',
      'missing photos/small',
    ])
  })

  it('follows no symbolic link, neither to a file nor on the way to one', async () => {
    const { directory, receipt } = await received()
    const at = (path: string) => join(directory, 'photos', path)
    renameSync(at('small'), at('elsewhere'))
    symlinkSync('elsewhere', at('small'))
    renameSync(at('deep/er'), at('er'))
    symlinkSync('../er', at('deep/er'))
    const { mismatches } = await check(receipt, directory)
    expect(mismatches).toEqual([
      'changed photos/deep/er/block',
      'changed photos/deep/er/more',
      'changed photos/small',
    ])
  })

  it('takes another kind of thing for a change, and a missing directory for missing files', async () => {
    const { directory, receipt } = await received()
    const at = (path: string) => join(directory, 'photos', path)
    rmSync(at('small'))
    mkdirSync(at('small'))
    rmSync(at('deep/er'), { recursive: true })
    writeFileSync(at('deep/er'), '')
    rmSync(at('empty'))
    const first = await check(receipt, directory)
    expect(first.mismatches).toEqual([
      'changed photos/deep/er/block',
      'changed photos/deep/er/more',
      'changed photos/small',
      'missing photos/empty',
    ])
    rmSync(at(''), { recursive: true })
    const { summary, mismatches } = await check(receipt, directory)
    expect(summary.mismatches).toBe(5)
    expect(mismatches.every((line) => line.startsWith('missing '))).toBe(true)
  })

  it('tells of files that it may not read', async () => {
    const { directory, receipt } = await received()
    chmodSync(join(directory, 'photos/small'), 0)
    chmodSync(dirname(receipt), 0o755)
    const { mismatches } = await asOrdinaryUser(() => check(receipt, directory))
    expect(mismatches).toEqual(['unreadable photos/small'])
  })

  it('refuses a directory that is none, and a receipt that is no file', async () => {
    const { directory, receipt } = await received()
    await failure(verify(receipt, join(directory, 'none')), 'not-found')
    await failure(verify(receipt, join(directory, 'photos/small')), 'file-failed')
    await failure(verify(join(directory, 'none'), directory), 'not-found')
    await failure(verify(directory, directory), 'not-a-file')
  })

  it('ends when it is told to', async () => {
    const { directory, receipt } = await received()
    const signal = AbortSignal.abort(new ShareError('stopped-sigint', 'Stopped'))
    await failure(verify(receipt, directory, { signal }), 'stopped-sigint')
    const stopping = new AbortController()
    rmSync(join(directory, 'photos/empty'))
    const onEvent = () => stopping.abort(new ShareError('stopped-sigterm', 'Stopped'))
    await failure(
      verify(receipt, directory, { signal: stopping.signal, onEvent }),
      'stopped-sigterm',
    )
  })

  it.each(['../etc/passwd', '/etc/passwd', 'photos//small', 'photos/../small', 'C:/x', ''])(
    'refuses a receipt that names %j',
    async (path) => {
      const { directory, receipt } = await received()
      const text = readFileSync(receipt, 'utf8')
      writeFileSync(receipt, text.replace('photos/small', path))
      await failure(verify(receipt, directory), 'unsafe-name')
    },
  )

  it.each([
    ['empty', () => ''],
    ['of another version', (text: string) => text.replace('receipt/1', 'receipt/2')],
    ['with other blocks', (text: string) => text.replace(':1048576', ':1024')],
    ['reformatted', (text: string) => JSON.stringify(JSON.parse(text), null, 2)],
    ['without a line', (text: string) => text.replace(/\n.*small.*/, '')],
    ['without its end', (text: string) => text.slice(0, text.lastIndexOf('\n]'))],
    ['with something behind its end', (text: string) => `${text}{}\n`],
    ['with a negative size', (text: string) => text.replace('"bytes":5', '"bytes":-5')],
    ['with a digest that is none', (text: string) => text.replace(digest, 'ab')],
    ['with an endless line', (text: string) => text.replace('small', 's'.repeat(200_000))],
  ])('refuses a receipt %s', async (_what, spoil) => {
    const { directory, receipt } = await received()
    writeFileSync(receipt, spoil(readFileSync(receipt, 'utf8')))
    const { message } = await failure(verify(receipt, directory), 'file-failed')
    expect(message).toContain('is not a whole receipt')
  })

  it('never takes part of a receipt for the whole', async () => {
    const { directory, receipt } = await received({ a: Buffer.from('a'), b: Buffer.from('b') })
    const whole = readFileSync(receipt)
    await fc.assert(
      // The newline at its very end says nothing.
      fc.asyncProperty(fc.nat(whole.length - 2), async (length) => {
        writeFileSync(receipt, whole.subarray(0, length))
        await failure(verify(receipt, directory), 'file-failed')
      }),
    )
  })

  it('reads a large receipt piece by piece', async () => {
    const directory = scratchDirectory()
    const receipt = join(scratchDirectory(), 'receipt.json')
    const writer = await createReceipt(receipt)
    const sha256 = blockwise(new Uint8Array())
    const count = 30_000
    for (let at = 0; at < count; at += 1) writer.file({ path: `none/${at}`, bytes: 0, sha256 })
    await writer.finish({
      role: 'sender',
      name: 'none',
      files: count,
      bytes: 0,
      skipped: 0,
      sent: 0,
      seconds: 0,
      path: 'relay',
      digest,
    })
    const { summary } = await check(receipt, directory)
    expect(summary).toMatchObject({ files: count, mismatches: count })
  })
})
