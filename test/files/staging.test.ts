import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ShareError } from '../../src/errors.ts'
import { createStaging, type Staging } from '../../src/files/staging.ts'
import { asOrdinaryUser, failure, scratchDirectory, smallFileSystem, snapshot } from './scratch.ts'

const ATTRIBUTES = { mode: 0o644, modifiedMs: 1_700_000_000_000 }

async function stage(bytes: number, key = 'key'): Promise<{ directory: string; staging: Staging }> {
  const directory = realpathSync(scratchDirectory())
  const staging = await createStaging({ directory, key, bytes })
  onTestFinished(() => staging.discard())
  return { directory, staging }
}

function stagedName(directory: string): string {
  const [name, ...others] = readdirSync(directory).filter((entry) => entry.startsWith('.p2pshare-'))
  expect(others).toEqual([])
  return name ?? expect.fail('nothing is staged')
}

describe('createStaging', () => {
  it('makes a directory for this user alone, whose name does not tell the key', async () => {
    const { directory } = await stage(3, 'the key')
    const name = stagedName(directory)
    expect(name).toMatch(/^\.p2pshare-[0-9a-f]{16}\.[0-9a-f]{16}$/)
    expect(statSync(join(directory, name)).mode & 0o7777).toBe(0o700)
    expect(readdirSync(join(directory, name)).sort()).toEqual(['data', 'owner'])
    expect(statSync(join(directory, name, 'data'))).toMatchObject({ size: 0, mode: 0o100600 })
  })

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])(
    'takes %d for a mistake of the program',
    async (bytes) => {
      const directory = realpathSync(scratchDirectory())
      await expect(createStaging({ directory, key: 'key', bytes })).rejects.toThrow(TypeError)
      expect(readdirSync(directory)).toEqual([])
    },
  )

  it('does not follow a symbolic link to its directory', async () => {
    const directory = realpathSync(scratchDirectory())
    mkdirSync(join(directory, 'real'))
    symlinkSync('real', join(directory, 'link'))
    const request = { directory: join(directory, 'link'), key: 'key', bytes: 1 }
    await failure(createStaging(request), 'file-failed')
    expect(readdirSync(join(directory, 'real'))).toEqual([])
  })

  it('leaves nothing behind when aborted, and says why', async () => {
    const directory = realpathSync(scratchDirectory())
    const reason = new ShareError('stopped-sigint', 'Stopped')
    const signal = AbortSignal.abort(reason)
    await expect(createStaging({ directory, key: 'key', bytes: 1, signal })).rejects.toBe(reason)
    expect(readdirSync(directory)).toEqual([])
  })

  it('refuses a directory in which this user may not write', async () => {
    const directory = realpathSync(scratchDirectory())
    chmodSync(directory, 0o555)
    const request = { directory, key: 'key', bytes: 1 }
    await asOrdinaryUser(() => failure(createStaging(request), 'permission'))
    expect(readdirSync(directory)).toEqual([])
  })

  it('refuses what will not fit', async () => {
    const directory = realpathSync(scratchDirectory())
    await failure(createStaging({ directory, key: 'key', bytes: 2 ** 52 }), 'disk-full')
    expect(readdirSync(directory)).toEqual([])
  })
})

describe('write', () => {
  it('puts ranges where they belong, in any order and at the same time', async () => {
    const range = fc.integer({ min: 0, max: 70_000 })
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(range, { maxLength: 20 }),
        fc.infiniteStream(fc.nat()),
        async (cuts, order) => {
          const whole = Buffer.from(Array.from({ length: 70_000 }, (_, index) => index % 251))
          const edges = [0, ...cuts, whole.length].sort((left, right) => left - right)
          const ranges = edges
            .slice(1)
            .map((end, index) => ({ start: edges[index] ?? 0, end, rank: order.next().value }))
          ranges.sort((left, right) => left.rank - right.rank)
          const directory = realpathSync(scratchDirectory())
          const staging = await createStaging({ directory, key: 'key', bytes: whole.length })
          await Promise.all(
            ranges.map(({ start, end }) => staging.write(start, [whole.subarray(start, end)])),
          )
          await staging.publish({ path: join(directory, 'file'), ...ATTRIBUTES })
          expect(readFileSync(join(directory, 'file')).equals(whole)).toBe(true)
        },
      ),
      { numRuns: 20 },
    )
  })

  it.each([
    [0, 11],
    [10, 1],
    [9, 2],
    [2 ** 40, 1],
    [Number.MAX_SAFE_INTEGER, 1],
  ])('stops at the announced size (%d, %d bytes)', async (offset, length) => {
    const { directory, staging } = await stage(10)
    await failure(staging.write(offset, [new Uint8Array(length)]), 'protocol')
    expect(statSync(join(directory, stagedName(directory), 'data')).size).toBe(0)
  })

  it.each([-1, 0.5, Number.NaN, 2 ** 53])('takes the offset %d for a mistake', async (offset) => {
    const { staging } = await stage(10)
    await expect(staging.write(offset, [new Uint8Array(1)])).rejects.toThrow(TypeError)
  })

  it('says when the disk is full, and leaves no file under the final name', async (context) => {
    const directory = smallFileSystem(1 << 20, context)
    const bytes = 900 * 1024
    const staging = await createStaging({ directory, key: 'key', bytes })
    writeFileSync(join(directory, 'other'), Buffer.alloc(512 * 1024))
    const error = await failure(staging.write(0, [Buffer.alloc(bytes, 1)]), 'disk-full')
    expect(error.message).toContain(directory)
    const path = join(directory, 'file')
    await failure(staging.publish({ path, ...ATTRIBUTES }), 'integrity')
    await staging.keep()
    expect(readdirSync(directory).sort()).toEqual([expect.stringMatching(/^\.p2pshare-/), 'other'])
    rmSync(join(directory, 'other'))
    const next = await createStaging({ directory, key: 'key', bytes })
    await next.write(0, [Buffer.alloc(bytes, 1)])
    await next.publish({ path, ...ATTRIBUTES })
    expect(readdirSync(directory)).toEqual(['file'])
  })
})

describe('publish', () => {
  it('puts the whole file under its name and leaves nothing else', async () => {
    const { directory, staging } = await stage(8)
    await staging.write(0, [Buffer.from('contents')])
    await staging.publish({ path: join(directory, 'file'), ...ATTRIBUTES })
    expect(readdirSync(directory)).toEqual(['file'])
    expect(readFileSync(join(directory, 'file'), 'utf8')).toBe('contents')
    expect(statSync(join(directory, 'file'))).toMatchObject({
      mtimeMs: 1_700_000_000_000,
      nlink: 1,
    })
  })

  it('publishes an empty file', async () => {
    const { directory, staging } = await stage(0)
    await staging.publish({ path: join(directory, 'file'), ...ATTRIBUTES })
    expect(statSync(join(directory, 'file')).size).toBe(0)
  })

  it.each([
    [0o4777, 0o022, 0o755],
    [0o6777, 0o027, 0o750],
    [0o1777, 0o077, 0o700],
    [0o000, 0o022, 0o000],
    [0o600, 0o000, 0o600],
    [0o107777, 0o000, 0o777],
    [-1, 0o022, 0o755],
    [Number.NaN, 0o022, 0o000],
  ])('makes of the mode %o under the umask %o the mode %o', async (mode, umask, expected) => {
    const { directory, staging } = await stage(0)
    const former = process.umask(umask)
    onTestFinished(() => void process.umask(former))
    await staging.publish({ path: join(directory, 'file'), mode, modifiedMs: 0 })
    expect(statSync(join(directory, 'file')).mode & 0o7777).toBe(expected)
  })

  it.each([
    [0, 0],
    [-1, 0],
    [Number.NEGATIVE_INFINITY, 0],
    [1_234_567, 1_234_567],
    [8e15, Date.UTC(2100, 0)],
    [Number.POSITIVE_INFINITY, Date.UTC(2100, 0)],
  ])('makes of the time %d the time %d', async (modifiedMs, expected) => {
    const { directory, staging } = await stage(0)
    await staging.publish({ path: join(directory, 'file'), mode: 0o644, modifiedMs })
    expect(statSync(join(directory, 'file')).mtimeMs).toBe(expected)
  })

  it('leaves the time alone when none was said', async () => {
    const { directory, staging } = await stage(0)
    await staging.publish({ path: join(directory, 'file'), mode: 0o644, modifiedMs: Number.NaN })
    expect(Date.now() - statSync(join(directory, 'file')).mtimeMs).toBeLessThan(3_600_000)
  })

  it('refuses a file that is not whole', async () => {
    const { directory, staging } = await stage(8)
    await staging.write(0, [Buffer.from('content')])
    await failure(staging.publish({ path: join(directory, 'file'), ...ATTRIBUTES }), 'integrity')
    await staging.write(7, [Buffer.from('s')])
    await staging.publish({ path: join(directory, 'file'), ...ATTRIBUTES })
    expect(readFileSync(join(directory, 'file'), 'utf8')).toBe('contents')
  })

  it.each([
    ['a file', (path: string) => writeFileSync(path, 'precious')],
    ['a directory', (path: string) => mkdirSync(path)],
    ['a dangling link', (path: string) => symlinkSync('nowhere', path)],
    ['a link to a directory', (path: string) => symlinkSync('/', path)],
  ])('does not replace %s that appeared in the meantime', async (_what, appear) => {
    const { directory, staging } = await stage(8)
    await staging.write(0, [Buffer.from('contents')])
    const path = join(directory, 'file')
    appear(path)
    const before = snapshot(directory).filter((entry) => entry.startsWith('file'))
    const error = await failure(staging.publish({ path, ...ATTRIBUTES }), 'file-exists')
    expect(error.hint).toContain('--output')
    expect(snapshot(directory).filter((entry) => entry.startsWith('file'))).toEqual(before)
    await staging.publish({ path: join(directory, 'other'), ...ATTRIBUTES })
    expect(readFileSync(join(directory, 'other'), 'utf8')).toBe('contents')
    expect(readdirSync(directory).sort()).toEqual(['file', 'other'])
  })

  it('publishes only in its own directory', async () => {
    const { directory, staging } = await stage(0)
    for (const path of [join(directory, '..', 'file'), join(directory, 'sub', 'file'), 'file']) {
      await expect(staging.publish({ path, ...ATTRIBUTES })).rejects.toThrow(TypeError)
    }
    await failure(staging.publish({ path: `${directory}/..`, ...ATTRIBUTES }), 'file-exists')
  })

  it('says when the directory was removed', async () => {
    const { directory, staging } = await stage(0)
    rmSync(directory, { recursive: true })
    await failure(staging.publish({ path: join(directory, 'file'), ...ATTRIBUTES }), 'not-found')
  })
})

describe('the end of a staging', () => {
  it('keeps what arrived', async () => {
    const { directory, staging } = await stage(8)
    await staging.write(0, [Buffer.from('cont')])
    await staging.keep()
    await staging.keep()
    await staging.discard()
    expect(readFileSync(join(directory, stagedName(directory), 'data'), 'utf8')).toBe('cont')
    await expect(staging.write(4, [Buffer.from('ents')])).rejects.toThrow(TypeError)
    await expect(staging.publish({ path: join(directory, 'x'), ...ATTRIBUTES })).rejects.toThrow(
      TypeError,
    )
  })

  it('discards what arrived', async () => {
    const { directory, staging } = await stage(8)
    await staging.write(0, [Buffer.from('cont')])
    await staging.discard()
    await staging.discard()
    await staging.keep()
    expect(readdirSync(directory)).toEqual([])
  })

  it('deletes nothing that somebody else put there', async () => {
    const { directory, staging } = await stage(8)
    const stray = join(directory, stagedName(directory), 'stray')
    writeFileSync(stray, 'precious')
    await failure(staging.discard(), 'file-failed')
    expect(readFileSync(stray, 'utf8')).toBe('precious')
  })

  it('closes its descriptors on every path', async () => {
    const openDescriptors = () => readdirSync('/dev/fd').length
    const directory = realpathSync(scratchDirectory())
    const path = join(directory, 'taken')
    writeFileSync(path, '')
    const before = openDescriptors()
    for (const end of ['keep', 'discard'] as const) {
      const staging = await createStaging({ directory, key: 'key', bytes: 0 })
      await failure(staging.publish({ path, ...ATTRIBUTES }), 'file-exists')
      await staging[end]()
      expect(openDescriptors()).toBe(before)
    }
    const staging = await createStaging({ directory, key: 'key', bytes: 0 })
    await staging.publish({ path: join(directory, 'file'), ...ATTRIBUTES })
    await failure(createStaging({ directory, key: 'key', bytes: 2 ** 52 }), 'disk-full')
    expect(openDescriptors()).toBe(before)
  })
})
