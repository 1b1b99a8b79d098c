import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ShareError } from '../../src/errors.ts'
import { planIncoming } from '../../src/files/incoming-plan.ts'

import {
  type Contents,
  directory,
  emptyDirectory,
  file,
  MODIFIED_MS,
  open,
  receiveAll,
  stagedIn,
  transfer,
} from './incoming.ts'
import { UNSAFE_NAMES } from './names.ts'
import { asOrdinaryUser, failure, smallFileSystem, snapshot } from './scratch.ts'

const PHOTOS: Contents = {
  photos: null,
  'photos/a.txt': 'contents of a',
  'photos/sub': null,
  'photos/sub/empty': '',
  'photos/sub/large': Buffer.alloc(200_000, 7),
  'photos/none': null,
}

function read(path: string): string {
  return readFileSync(path, 'utf8')
}

describe('receiving', () => {
  it('puts a file under its name and leaves nothing else', async () => {
    const cwd = emptyDirectory()
    const tree = await open({ 'a.txt': 'contents' }, { cwd })
    expect(tree.target).toBe(join(cwd, 'a.txt'))
    expect(tree.mayHave).toBe(false)
    await transfer(tree, { 'a.txt': 'contents' })
    expect(readdirSync(cwd)).toHaveLength(1)
    await tree.publish()
    expect(tree.saved).toBe(join(cwd, 'a.txt'))
    expect(readdirSync(cwd)).toEqual(['a.txt'])
    expect(read(tree.saved)).toBe('contents')
    expect(statSync(tree.saved)).toMatchObject({ mtimeMs: MODIFIED_MS, nlink: 1, mode: 0o100644 })
  })

  it('puts a directory under its name', async () => {
    const cwd = emptyDirectory()
    await receiveAll(PHOTOS, { cwd })
    expect(readdirSync(cwd)).toEqual(['photos'])
    expect(readdirSync(join(cwd, 'photos'), { recursive: true }).sort()).toEqual([
      'a.txt',
      'none',
      'sub',
      'sub/empty',
      'sub/large',
    ])
    expect(read(join(cwd, 'photos/a.txt'))).toBe('contents of a')
    expect(readFileSync(join(cwd, 'photos/sub/large'))).toEqual(Buffer.alloc(200_000, 7))
    for (const name of ['photos', 'photos/sub', 'photos/sub/empty', 'photos/sub/large']) {
      expect(statSync(join(cwd, name)).mtimeMs, name).toBe(MODIFIED_MS)
    }
  })

  it('renames a file or directory as the user says, even one whose own name is unsafe', async () => {
    const cwd = emptyDirectory()
    await receiveAll({ 'a:b': 'x' }, { cwd, output: 'file' })
    await receiveAll({ 'c:d': null, 'c:d/e': 'y' }, { cwd, output: 'dir' })
    expect(snapshot(cwd).map((line) => line.split(' ')[0])).toEqual(['dir', 'dir/e', 'file'])
  })

  it('puts several into the directory, or into a new one', async () => {
    const several = { 'a.txt': 'a', sub: null, 'sub/b': 'b' }
    const cwd = emptyDirectory()
    const tree = await open(several, { cwd })
    expect(tree.target).toBe(cwd)
    await transfer(tree, several)
    await tree.publish()
    expect(tree.saved).toBe(cwd)
    expect(readdirSync(cwd).sort()).toEqual(['a.txt', 'sub'])
    await receiveAll(several, { cwd, output: 'new' })
    expect(readdirSync(join(cwd, 'new')).sort()).toEqual(['a.txt', 'sub'])
    expect(read(join(cwd, 'new/sub/b'))).toBe('b')
    const mode = 0o777 & ~process.umask()
    expect(statSync(join(cwd, 'new')).mode & 0o7777).toBe(mode)
    await receiveAll(several, { cwd, output: 'new/sub' })
    expect(readdirSync(join(cwd, 'new/sub')).sort()).toEqual(['a.txt', 'b', 'sub'])
  })

  it('shows nothing of a directory before all of it is there', async () => {
    const cwd = emptyDirectory()
    const tree = await open(PHOTOS, { cwd })
    await transfer(tree, PHOTOS)
    expect(readdirSync(cwd)).toEqual([
      expect.stringMatching(/^\.p2pshare-[0-9a-f]{16}\.[0-9a-f]{16}$/),
    ])
    expect(statSync(stagedIn(cwd)).mode & 0o7777).toBe(0o700)
    await tree.publish()
    expect(readdirSync(cwd)).toEqual(['photos'])
  })

  it('takes ranges in any order and at the same time, of more files than may be open', async () => {
    const cwd = emptyDirectory()
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 17, maxLength: 40 }),
        fc.infiniteStream(fc.nat()),
        async (sizes, order) => {
          const contents = sizes.map((size, at) =>
            Buffer.from(Array.from({ length: size }, (_, index) => (index * (at + 1)) % 251)),
          )
          const tree = await open({ d: null }, { cwd })
          await tree.list(0, [directory('d'), ...sizes.map((size, at) => file(`d/${at}`, size))])
          const ranges = contents.flatMap((content, at) =>
            Array.from({ length: Math.ceil(content.length / 30_000) }, (_, block) => ({
              at,
              offset: block * 30_000,
              rank: order.next().value,
            })),
          )
          ranges.sort((left, right) => left.rank - right.rank)
          await Promise.all(
            ranges.map(({ at, offset }) =>
              tree.write(at + 1, offset, [
                contents[at]?.subarray(offset, offset + 30_000) ?? expect.fail(),
              ]),
            ),
          )
          await Promise.all(sizes.map((size, at) => tree.finish(at + 1, size)))
          await tree.publish()
          for (const [at, content] of contents.entries()) {
            expect(readFileSync(join(cwd, 'd', `${at}`)).equals(content)).toBe(true)
          }
          rmSync(join(cwd, 'd'), { recursive: true })
        },
      ),
      { numRuns: 10 },
    )
  })

  it('takes a stream whose length shows at its end', async () => {
    const cwd = emptyDirectory()
    const tree = await open({ stream: '' }, { cwd })
    await tree.list(0, [file('stream', null)])
    await tree.write(0, 4, [Buffer.from('ents')])
    await tree.write(0, 0, [Buffer.from('cont')])
    await tree.finish(0, 8)
    await tree.publish()
    expect(read(tree.saved)).toBe('contents')
  })

  it('takes the same range again', async () => {
    const cwd = emptyDirectory()
    const tree = await open({ small: 'contents' }, { cwd })
    await tree.list(0, [file('small', 8, 0o444)])
    for (const text of ['contents', 'contents']) await tree.write(0, 0, [Buffer.from(text)])
    await tree.write(0, 4, [Buffer.from('ents')])
    await tree.finish(0, 8)
    await tree.publish()
    expect(read(tree.saved)).toBe('contents')
    expect(statSync(tree.saved).mode & 0o777).toBe(0o444)
  })
})

describe('a bad batch', () => {
  // As a path, `a/b` is a file in a directory.
  const names = UNSAFE_NAMES.filter((name) => name !== 'a/b')

  it.each(names)('with the name %j leaves nothing behind, wherever it would go', async (name) => {
    const cwd = emptyDirectory()
    mkdirSync(join(cwd, 'sub'))
    symlinkSync('sub', join(cwd, 'link'))
    const before = snapshot(cwd)
    for (const output of [undefined, 'sub', 'link', 'new']) {
      const tree = await open({ a: 'a', b: 'b' }, { cwd, ...(output !== undefined && { output }) })
      const listing = tree.list(0, [directory('good'), file(`good/a`, 1), file(name, 1)])
      await failure(listing, 'unsafe-name')
      expect(
        readdirSync(
          join(stagedIn(output === 'sub' || output === 'link' ? join(cwd, 'sub') : cwd), 'tree'),
        ),
      ).toEqual([])
      await tree.keep()
      expect(snapshot(cwd)).toEqual(before)
    }
    const request = {
      output: undefined,
      cwd,
      existing: 'refuse',
      update: false,
      signal: new AbortController().signal,
    } as const
    for (const kind of ['file', 'directory'] as const) {
      const offer = { name, kind, files: 1, bytes: 1 }
      for (const output of [undefined, 'sub', 'link']) {
        await failure(planIncoming(offer, { ...request, output }), 'unsafe-name')
      }
    }
    expect(snapshot(cwd)).toEqual(before)
  })
})

describe('write', () => {
  it.each([
    [0, 11],
    [10, 1],
    [9, 2],
    [2 ** 40, 1],
  ])('stops at the announced size (%d, %d bytes)', async (offset, length) => {
    const tree = await open({ a: '0123456789' }, { cwd: emptyDirectory() })
    await tree.list(0, [file('a', 10)])
    await failure(tree.write(0, offset, [new Uint8Array(length)]), 'protocol')
    await expect(tree.write(0, -1, [new Uint8Array(1)])).rejects.toThrow(TypeError)
    await expect(tree.write(1, 0, [new Uint8Array(1)])).rejects.toThrow(TypeError)
  })

  it('says when the disk is full and how much is needed, and goes on later', async (context) => {
    const cwd = smallFileSystem(4 << 20, context)
    const contents = { d: null, 'd/a': Buffer.alloc(3 << 20, 1) }
    const tree = await open(contents, { cwd })
    writeFileSync(join(cwd, 'other'), Buffer.alloc(2 << 20))
    const error = await failure(transfer(tree, contents), 'disk-full')
    expect(error.message).toMatch(/: \d MiB are needed, \d MiB are free$/)
    await tree.keep()
    rmSync(join(cwd, 'other'))
    const { sent } = await receiveAll(contents, { cwd })
    expect(sent).toBeLessThan(3 << 20)
    expect(readdirSync(cwd)).toEqual(['d'])
    expect(readFileSync(join(cwd, 'd/a'))).toEqual(contents['d/a'])
  }, 60_000)

  it('refuses at once what will not fit, less what is there already', async (context) => {
    const cwd = smallFileSystem(4 << 20, context)
    const contents = { a: Buffer.alloc(3 << 20, 1) }
    const plenty = open(contents, { cwd, offer: { bytes: 5 << 20 } })
    expect((await failure(plenty, 'disk-full')).message).toContain('5 MiB are needed, ')
    expect(readdirSync(cwd)).toEqual([])
    const first = await open(contents, { cwd })
    await transfer(first, contents)
    await failure(first.assertRoomFor(6 << 20), 'disk-full')
    await first.assertRoomFor(3 << 20)
    await first.keep()
    const { sent } = await receiveAll(contents, { cwd })
    expect(sent).toBe(0)
  })
})

describe('attributes', () => {
  it.each([
    [0o4777, 0o022, 0o755],
    [0o6777, 0o027, 0o750],
    [0o1777, 0o077, 0o700],
    [0o000, 0o022, 0o000],
    [0o107777, 0o000, 0o777],
    [-1, 0o022, 0o755],
    [Number.NaN, 0o022, 0o000],
  ])('makes of the mode %o under the umask %o the mode %o', async (mode, umask, expected) => {
    const cwd = emptyDirectory()
    const former = process.umask(umask)
    onTestFinished(() => void process.umask(former))
    const tree = await open({ d: null }, { cwd })
    await tree.list(0, [
      directory('d', mode),
      directory('d/sub', mode),
      file('d/sub/empty', 0, mode),
      file('d/sub/small', 1, mode),
      file('d/sub/large', 70_000, mode),
    ])
    await tree.finish(2, 0)
    await tree.write(3, 0, [Buffer.alloc(1)])
    await tree.finish(3, 1)
    await tree.write(4, 0, [Buffer.alloc(70_000)])
    await tree.finish(4, 70_000)
    await tree.publish()
    const paths = ['d', 'd/sub', 'd/sub/empty', 'd/sub/small', 'd/sub/large']
    for (const path of paths) {
      const found = statSync(join(cwd, path)).mode & 0o7777
      if (found !== 0o000) expect(found, path).toBe(expected)
      else expect(expected).toBe(0)
    }
    process.umask(former)
    execFileSync('chmod', ['-R', 'u+rwx', join(cwd, 'd')])
  })

  it('gives read-only directories what is in them, for an ordinary user too', async () => {
    const cwd = emptyDirectory()
    chmodSync(cwd, 0o777)
    await asOrdinaryUser(async () => {
      const tree = await open({ d: null }, { cwd })
      await tree.list(0, [
        directory('d', 0o555),
        directory('d/sub', 0o500),
        file('d/sub/a', 1, 0o444),
      ])
      await tree.write(2, 0, [Buffer.from('a')])
      await tree.finish(2, 1)
      await tree.publish()
    })
    expect(statSync(join(cwd, 'd'))).toMatchObject({ mode: 0o40555, mtimeMs: MODIFIED_MS })
    expect(statSync(join(cwd, 'd/sub'))).toMatchObject({ mode: 0o40500, mtimeMs: MODIFIED_MS })
    expect(read(join(cwd, 'd/sub/a'))).toBe('a')
    execFileSync('chmod', ['-R', 'u+rwx', join(cwd, 'd')])
  })

  it.each<[number, number]>([
    [-1, 0],
    [Number.POSITIVE_INFINITY, Date.UTC(2100, 0)],
    [8e15, Date.UTC(2100, 0)],
    ...[922, 1, 57, 999].map(
      (ms) => [1_764_036_149_000 + ms, 1_764_036_149_000 + ms] satisfies [number, number],
    ),
  ])('makes of the time %d the time %d', async (modifiedMs, expected) => {
    const cwd = emptyDirectory()
    const tree = await open({ d: null }, { cwd })
    await tree.list(0, [
      { ...directory('d'), modifiedMs },
      { ...file('d/a', 1), modifiedMs },
    ])
    await tree.write(1, 0, [Buffer.from('a')])
    await tree.finish(1, 1)
    await tree.publish()
    expect(Math.floor(statSync(join(cwd, 'd')).mtimeMs)).toBe(expected)
    expect(Math.floor(statSync(join(cwd, 'd/a')).mtimeMs)).toBe(expected)
  })
})

describe('the end', () => {
  it('is refused while something is missing', async () => {
    const cwd = emptyDirectory()
    const tree = await open({ a: 'contents' }, { cwd })
    await failure(tree.publish(), 'integrity')
    await tree.list(0, [file('a', 8)])
    await failure(tree.publish(), 'integrity')
    await failure(tree.finish(0, 8), 'integrity')
    await tree.write(0, 0, [Buffer.from('cont')])
    await failure(tree.finish(0, 8), 'integrity')
    await failure(tree.finish(0, 4), 'integrity')
    await failure(tree.publish(), 'integrity')
    await tree.write(0, 4, [Buffer.from('ents')])
    await tree.finish(0, 8)
    await tree.publish()
    expect(read(join(cwd, 'a'))).toBe('contents')
  })

  it('keeps what arrived, and nothing of nothing', async () => {
    const cwd = emptyDirectory()
    const tree = await open(PHOTOS, { cwd })
    await tree.list(0, [directory('photos')])
    await tree.keep()
    expect(readdirSync(cwd)).toEqual([])
    const other = await open(PHOTOS, { cwd })
    await transfer(other, PHOTOS)
    await other.keep()
    await other.keep()
    await other.discard()
    expect(read(join(stagedIn(cwd), 'tree/photos/a.txt'))).toBe('contents of a')
    await expect(other.write(1, 0, [Buffer.from('x')])).rejects.toThrow(TypeError)
    await expect(other.publish()).rejects.toThrow(TypeError)
  })

  it('discards what arrived', async () => {
    const cwd = emptyDirectory()
    const tree = await open(PHOTOS, { cwd })
    await transfer(tree, PHOTOS)
    await tree.discard()
    await tree.discard()
    await tree.keep()
    expect(readdirSync(cwd)).toEqual([])
  })

  it('closes its descriptors on every path', async () => {
    const openDescriptors = () => readdirSync('/dev/fd').length
    const cwd = emptyDirectory()
    const before = openDescriptors()
    for (const end of ['keep', 'discard', 'publish'] as const) {
      const tree = await open(PHOTOS, { cwd })
      await transfer(tree, PHOTOS)
      await tree[end]()
      expect(openDescriptors(), end).toBe(before)
    }
    await failure(open(PHOTOS, { cwd }), 'file-exists')
    await failure(open({ b: '' }, { cwd, offer: { bytes: 2 ** 52 } }), 'disk-full')
    const tree = await open(PHOTOS, { cwd, update: true })
    await transfer(tree, PHOTOS)
    await tree.publish()
    expect(openDescriptors()).toBe(before)
  })

  it('says why it was aborted', async () => {
    const cwd = emptyDirectory()
    const reason = new ShareError('stopped-sigint', 'Stopped')
    const controller = new AbortController()
    const tree = await open({ a: 'a' }, { cwd, signal: controller.signal })
    await tree.list(0, [file('a', 1)])
    controller.abort(reason)
    await expect(tree.write(0, 0, [Buffer.from('a')])).rejects.toBe(reason)
    await expect(tree.publish()).rejects.toBe(reason)
    await tree.discard()
    await expect(open({ a: 'a' }, { cwd, signal: controller.signal })).rejects.toBe(reason)
    expect(readdirSync(cwd)).toEqual([])
  })
})

describe('speed', () => {
  it('takes 10,000 small files', async () => {
    const cwd = emptyDirectory()
    const content = Buffer.alloc(4096, 1)
    const tree = await open({ d: null }, { cwd })
    const entries = [directory('d')]
    for (let at = 0; at < 100; at++) entries.push(directory(`d/${at}`))
    for (let at = 0; at < 10_000; at++) entries.push(file(`d/${at % 100}/f${at}`, 4096))
    const start = performance.now()
    for (let at = 0; at < entries.length; at += 256)
      await tree.list(at, entries.slice(at, at + 256))
    const listed = performance.now()
    let next = 101
    await Promise.all(
      Array.from({ length: 32 }, async () => {
        while (next < entries.length) {
          const number = next++
          await tree.write(number, 0, [content])
          await tree.finish(number, 4096)
        }
      }),
    )
    const written = performance.now()
    await tree.publish()
    const end = performance.now()
    const [list, write, publish] = [listed - start, written - listed, end - written]
    console.info(
      `10,000 files: list ${list.toFixed()} ms, write ${write.toFixed()} ms, publish ${publish.toFixed()} ms`,
    )
    expect(readdirSync(join(cwd, 'd/7'))).toHaveLength(100)
  }, 60_000)
})
