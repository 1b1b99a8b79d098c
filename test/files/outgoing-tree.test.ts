import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ShareError } from '../../src/errors.ts'
import type { Outgoing } from '../../src/files/outgoing.ts'
import { openOutgoingTree } from '../../src/files/outgoing-tree.ts'
import { MAX_SOURCE_DESCRIPTORS, SMALL_FILE_BYTES } from '../../src/limits.ts'
import { asOrdinaryUser, failure, scratchDirectory } from './scratch.ts'
import { listAll, openTree, plant, textOf } from './tree.ts'

// Makes the garbage collector callable.
setFlagsFromString('--expose-gc')

const LARGE_BYTES = SMALL_FILE_BYTES + 1

describe('openOutgoingTree', () => {
  it('sends a file under its name', async () => {
    const path = join(scratchDirectory(), 'file.txt')
    writeFileSync(path, '0123456789')
    const tree = await openTree(path)
    expect(tree).toMatchObject({ name: 'file.txt', kind: 'file', counted: { files: 1, bytes: 10 } })
    expect(await tree.totals).toEqual({ files: 1, bytes: 10 })
    expect(await listAll(tree)).toMatchObject([{ path: 'file.txt', kind: 'file', bytes: 10 }])
    const buffer = Buffer.alloc(4)
    expect(await tree.read(0, 3, buffer)).toBe(4)
    expect(buffer.toString()).toBe('3456')
    await tree.finish(0)
  })

  it('sends a directory, and what is in it is counted meanwhile', async () => {
    const root = join(scratchDirectory(), 'photos')
    plant(root, { a: 'abc', 'sub/b': 'defg', 'empty/': '' })
    const tree = await openTree(`${root}/`)
    expect(tree).toMatchObject({ name: 'photos', kind: 'directory', counted: { files: 0 } })
    expect(await tree.totals).toEqual({ files: 2, bytes: 7 })
    expect(tree.counted).toEqual({ files: 2, bytes: 7 })
  })

  it('sends several, in the order in which they were named', async () => {
    const directory = scratchDirectory()
    plant(directory, { 'b/x': '1', a: '22', '-rf': '333' })
    const tree = await openTree(['b', 'a', '-rf'].map((name) => join(directory, name)))
    expect(tree).toMatchObject({ name: '3 items', kind: 'several' })
    expect((await listAll(tree)).map(({ path }) => path)).toEqual(['b', 'b/x', 'a', '-rf'])
    expect(await tree.totals).toEqual({ files: 3, bytes: 6 })
  })

  it('calls the current directory by its name', async () => {
    const tree = await openTree('.', { exclude: ['*'] })
    expect(tree.name).toBe(resolve('.').split('/').at(-1))
  })

  it('follows a link that is named, and keeps its name', async () => {
    const directory = scratchDirectory()
    plant(directory, { 'target/file': 'x', contents: 'contents' })
    symlinkSync('target', join(directory, 'link'))
    symlinkSync('contents', join(directory, 'file-link'))
    const tree = await openTree([join(directory, 'link'), join(directory, 'file-link')])
    const paths = (await listAll(tree)).map(({ path }) => path)
    expect(paths).toEqual(['link', 'link/file', 'file-link'])
    expect(await textOf(tree, 2, 8)).toBe('contents')
    await tree.finish(2)
  })

  it.each([[[]], [['/']], [['']]])('refuses %j', async (paths) => {
    await failure(openTree(paths), 'usage')
  })

  it('refuses two of one name, and says which', async () => {
    const directory = scratchDirectory()
    plant(directory, { 'a/x': '', 'b/x': '' })
    const error = await failure(openTree([`${directory}/a/x`, `${directory}/b/x/`]), 'usage')
    expect(error.message).toContain(`${directory}/a/x`)
    expect(error.message).toContain(`${directory}/b/x`)
  })

  it('refuses a name that no receiver takes only where the receiver cannot replace it', async () => {
    const directory = scratchDirectory()
    plant(directory, { 'a:b': '', c: '' })
    expect((await openTree(join(directory, 'a:b'))).name).toBe('a:b')
    await failure(openTree([join(directory, 'a:b'), join(directory, 'c')]), 'unsafe-name')
  })

  it('says what is not there, no file, or may not be read, before anything else', async () => {
    const directory = scratchDirectory()
    plant(directory, { secret: '', 'closed/x': '' })
    const at = (name: string) => join(directory, name)
    symlinkSync('nowhere', at('dangling'))
    symlinkSync('/dev/zero', at('zero'))
    execFileSync('mkfifo', [at('pipe')])
    const server = createServer().listen(at('socket'))
    onTestFinished(() => void server.close())
    await new Promise((listening) => server.once('listening', listening))
    chmodSync(at('secret'), 0)
    chmodSync(at('closed'), 0)
    expect((await failure(openTree(at('missing')), 'not-found')).message).toContain('missing')
    await failure(openTree(at('dangling')), 'not-found')
    expect((await failure(openTree(at('pipe')), 'not-a-file')).message).toMatch(/a named pipe$/)
    expect((await failure(openTree(at('socket')), 'not-a-file')).message).toMatch(/a socket$/)
    expect((await failure(openTree(at('zero')), 'not-a-file')).message).toMatch(/a device$/)
    await asOrdinaryUser(async () => {
      await failure(openTree(at('secret')), 'permission')
      await failure(openTree(at('closed')), 'permission')
    })
  })

  it('opens nothing once aborted, and says why', async () => {
    const reason = new ShareError('stopped-sigint', 'Stopped')
    const opening = openOutgoingTree(['/dev/null'], { signal: AbortSignal.abort(reason) })
    await expect(opening).rejects.toBe(reason)
  })

  it('ends everything when it is aborted', async () => {
    const root = join(scratchDirectory(), 'tree')
    plant(root, { a: 'a', b: 'b' })
    const abort = new AbortController()
    const tree = await openTree(root, { signal: abort.signal })
    await tree.list(2)
    const reason = new ShareError('stopped-sigint', 'Stopped')
    abort.abort(reason)
    await expect(tree.list(1)).rejects.toBe(reason)
    await expect(tree.read(1, 0, Buffer.alloc(1))).rejects.toBe(reason)
  })

  it('stops counting when it is closed', async () => {
    const root = join(scratchDirectory(), 'tree')
    plant(root, { a: 'a' })
    const tree = await openOutgoingTree([root])
    const listing = failure(tree.list(10), 'cancelled')
    await tree.close()
    await tree.close()
    await failure(tree.totals, 'cancelled')
    await listing
  })
})

describe('a file that is read', () => {
  it.each([
    [-1, 1],
    [0, 11],
    [10, 1],
    [0.5, 1],
    [Number.NaN, 1],
    [2 ** 53, 0],
  ])('has no range %d, %d in its ten bytes', async (offset, length) => {
    const { tree } = await openFile('0123456789')
    await expect(tree.read(0, offset, Buffer.alloc(length))).rejects.toThrow(TypeError)
  })

  it('is one that is listed and not released', async () => {
    const root = join(scratchDirectory(), 'tree')
    plant(root, { a: 'a' })
    const tree = await openTree(root)
    await expect(tree.read(1, 0, Buffer.alloc(1))).rejects.toThrow(TypeError)
    await listAll(tree)
    await expect(tree.read(0, 0, Buffer.alloc(0))).rejects.toThrow(TypeError)
    expect(await textOf(tree, 1, 1)).toBe('a')
    tree.release(1)
    tree.release(1)
    tree.release(0)
    await expect(tree.read(1, 0, Buffer.alloc(1))).rejects.toThrow(TypeError)
    await expect(tree.finish(1)).rejects.toThrow(TypeError)
  })

  const CHANGES: [string, (path: string) => void][] = [
    ['grew', (path) => appendFileSync(path, 'x')],
    ['shrank', (path) => truncateSync(path, 9)],
    ['was written to', (path) => writeFileSync(path, Buffer.alloc(LARGE_BYTES))],
    ['has another time', (path) => utimesSync(path, 1, 1)],
    ['was removed', (path) => rmSync(path)],
    ['was replaced by a file like it', replaceByTwin],
    [
      'was replaced by a link',
      (path) => {
        renameSync(path, `${path}.moved`)
        symlinkSync('large.moved', path)
      },
    ],
    [
      'was replaced by a directory',
      (path) => {
        rmSync(path)
        mkdirSync(path)
      },
    ],
    [
      'was replaced by a pipe',
      (path) => {
        rmSync(path)
        execFileSync('mkfifo', [path])
      },
    ],
    ['lost its directory', (path) => renameSync(join(path, '..'), `${join(path, '..')}.moved`)],
  ]

  describe.each([
    ['small', 10],
    ['large', LARGE_BYTES],
  ])('and is %s', (_size, bytes) => {
    it.each(CHANGES)('is noticed when it %s before', async (_what, change) => {
      const { path, tree } = await openTreeOf(bytes)
      change(path)
      const error = await failure(tree.read(1, 0, Buffer.alloc(10)), 'file-changed')
      expect(error.message).toContain('"tree/large"')
      expect(error.hint).toContain('--exclude')
    })
  })

  it.each(CHANGES)('and is large is noticed when it %s afterwards', async (_what, change) => {
    const { path, tree } = await openTreeOf(LARGE_BYTES)
    await tree.read(1, 0, Buffer.alloc(10))
    await tree.finish(1)
    change(path)
    const error = await failure(tree.finish(1), 'file-changed')
    expect(error.message).toContain('"tree/large"')
  })

  it.each(CHANGES)('and is small was one version, whatever it %s afterwards', async (_, change) => {
    const { path, tree } = await openTreeOf(10)
    await tree.read(1, 0, Buffer.alloc(10))
    change(path)
    await tree.finish(1)
  })

  it.each(CHANGES)(
    'and is small is noticed when it %s before all of it is read',
    async (_, change) => {
      const { path, tree } = await openTreeOf(10)
      change(path)
      const reading = tree.readWhole([{ file: 1, content: Buffer.alloc(10) }])
      const error = await failure(reading, 'file-changed')
      expect(error.message).toContain('"tree/large"')
    },
  )

  it('is noticed when what is read next is gone', async () => {
    const { path, tree } = await openTreeOf(LARGE_BYTES)
    await tree.read(1, 0, Buffer.alloc(10))
    truncateSync(path, 100)
    await tree.read(1, 0, Buffer.alloc(10))
    await failure(tree.read(1, 50, Buffer.alloc(100)), 'file-changed')
  })

  it('is noticed to be another one when it was closed in between', async () => {
    const root = join(scratchDirectory(), 'tree')
    const names = Array.from({ length: MAX_SOURCE_DESCRIPTORS + 1 }, (_, at) => `f${at}`)
    const contents = 'x'.repeat(LARGE_BYTES)
    plant(root, Object.fromEntries(names.map((name) => [name, contents])))
    const tree = await openTree(root)
    const entries = await listAll(tree)
    for (const number of names.keys()) await tree.read(number + 1, 0, Buffer.alloc(10))
    expect(descriptorsBelow(root)).toBe(MAX_SOURCE_DESCRIPTORS)
    replaceByTwin(join(root, '..', entries[1]?.path ?? ''))
    await failure(tree.read(1, 0, Buffer.alloc(10)), 'file-changed')
    await tree.read(2, 0, Buffer.alloc(10))
  })

  it('may be forbidden by now', async () => {
    const { path, tree } = await openTreeOf(10)
    chmodSync(path, 0)
    await asOrdinaryUser(() => failure(tree.read(1, 0, Buffer.alloc(10)), 'permission'))
  })
})

describe('many files', () => {
  it('are open sixteen at a time, however they are read', async () => {
    const root = join(scratchDirectory(), 'tree')
    const count = 60
    for (let at = 0; at < count; at++) {
      plant(root, { [`large${at}`]: String(at).padEnd(LARGE_BYTES, '.'), [`small${at}`]: `${at}` })
    }
    const tree = await openTree(root)
    const entries = await listAll(tree)
    let most = 0
    const watch = setInterval(() => {
      most = Math.max(most, descriptorsBelow(root))
    }, 1)
    onTestFinished(() => clearInterval(watch))
    const reads = [0, 1, 2].flatMap((round) =>
      [...entries.entries()].slice(1).map(async ([number, { path, bytes }]) => {
        const length = Math.min(bytes ?? 0, 10)
        const text = await textOf(tree, number, length)
        expect(text, `${path}, ${round}`).toBe(path.replace(/\D+/, '').padEnd(length, '.'))
        most = Math.max(most, descriptorsBelow(root))
      }),
    )
    await Promise.all(reads)
    expect(most).toBeGreaterThan(4)
    expect(most).toBeLessThanOrEqual(MAX_SOURCE_DESCRIPTORS)
    for (const number of entries.keys()) tree.release(number)
    await expect.poll(() => descriptorsBelow(root)).toBe(0)
  })

  it('that are small are read together', async () => {
    const root = join(scratchDirectory(), 'tree')
    const contents = Array.from({ length: 300 }, (_, at) => `${at}`.repeat(1 + (at % 50)))
    plant(root, Object.fromEntries(contents.map((content, at) => [`f${at}`, content])))
    const tree = await openTree(root)
    const files = [...(await listAll(tree, 1000)).entries()].slice(1)
    const whole = files.map(([file, { bytes }]) => ({ file, content: Buffer.alloc(bytes ?? 0) }))
    await tree.readWhole(whole)
    const planted = files.map(([, { path }]) => contents[Number(path.replace(/\D+/, ''))])
    expect(whole.map(({ content }) => content.toString())).toEqual(planted)
    for (const { file } of whole) await tree.finish(file)
  })

  it('are refused where one of them is not small, or not as long, or not listed', async () => {
    const root = join(scratchDirectory(), 'tree')
    plant(root, { large: '.'.repeat(LARGE_BYTES) })
    const tree = await openTree(root)
    await listAll(tree)
    const { tree: other } = await openFile('0123456789')
    for (const [source, file, length] of [
      [tree, 1, LARGE_BYTES],
      [tree, 0, 0],
      [other, 0, 9],
      [other, 1, 10],
    ] as const) {
      const reading = source.readWhole([{ file, content: Buffer.alloc(length) }])
      await expect(reading).rejects.toThrow(TypeError)
    }
  })

  it('are not read any more once it is closed', async () => {
    const { tree } = await openFile('0123456789')
    const reading = tree.readWhole([{ file: 0, content: Buffer.alloc(10) }])
    const closing = tree.close()
    await failure(reading, 'cancelled')
    await closing
    await failure(tree.readWhole([]), 'cancelled')
  })

  it('leave nothing open behind', async () => {
    const root = join(scratchDirectory(), 'tree')
    for (let at = 0; at < 40; at++) plant(root, { [`large${at}`]: '.'.repeat(LARGE_BYTES) })
    const tree = await openTree(root)
    const entries = await listAll(tree)
    const reads = [...entries.keys()].slice(1).map((number) => textOf(tree, number, LARGE_BYTES))
    const outcomes = Promise.allSettled(reads)
    await tree.close()
    expect(descriptorsBelow(root)).toBe(0)
    const failed = (await outcomes).filter(({ status }) => status === 'rejected')
    expect(failed.length).toBeGreaterThan(0)
    for (const { reason } of failed as PromiseRejectedResult[]) {
      expect(reason).toMatchObject({ code: 'cancelled' })
    }
  })

  it('of a few kilobytes cost little', async () => {
    const root = join(scratchDirectory(), 'tree')
    for (let directory = 0; directory < 100; directory++) {
      mkdirSync(join(root, `${directory}`), { recursive: true })
      const contents = Buffer.alloc(4096, directory)
      for (let file = 0; file < 100; file++) {
        writeFileSync(join(root, `${directory}`, `${file}`), contents)
      }
    }
    const beganMs = performance.now()
    const tree = await openTree(root)
    expect(await readAll(tree, 8)).toBe(10_000 * 4096)
    expect(await tree.totals).toEqual({ files: 10_000, bytes: 10_000 * 4096 })
    // It takes one second where nothing else runs.
    expect(performance.now() - beganMs).toBeLessThan(8000)
  })

  it('are forgotten once they are released', async () => {
    const root = join(scratchDirectory(), 'tree')
    mkdirSync(root)
    const count = 50_000
    for (let at = 0; at < count; at++) writeFileSync(join(root, `${at}`), '')
    const tree = await openTree(root, { exclude: ['*.log'] })
    await tree.totals
    const collect: () => void = runInNewContext('gc')
    const usedBytes = () => {
      collect()
      return process.memoryUsage().heapUsed
    }
    await tree.list(256)
    const before = usedBytes()
    let listed = 256
    for (;;) {
      const entries = await tree.list(256)
      for (const at of entries.keys()) tree.release(listed + at)
      listed += entries.length
      if (entries.length === 0) break
    }
    expect(listed).toBe(count + 1)
    await expect(tree.read(count, 0, Buffer.alloc(0))).rejects.toThrow(TypeError)
    // What is kept of an entry takes some 500 bytes.
    expect(usedBytes() - before).toBeLessThan(4_000_000)
  })
})

describe('a listing', () => {
  it('begins again for a peer that came anew', async () => {
    const root = join(scratchDirectory(), 'tree')
    plant(root, { a: 'a'.repeat(LARGE_BYTES), b: 'b', c: 'c' })
    const tree = await openTree(root)
    const first = await listAll(tree)
    const number = first.findIndex(({ path }) => path === 'tree/a')
    await textOf(tree, number, 10)
    await tree.restart()
    await expect.poll(() => descriptorsBelow(root)).toBe(0)
    await expect(tree.read(number, 0, Buffer.alloc(1))).rejects.toThrow(TypeError)
    writeFileSync(join(root, 'd'), 'new')
    expect(await listAll(tree, 2)).toHaveLength(5)
    await tree.restart()
    expect(await tree.list(1)).toMatchObject([{ path: 'tree' }])
    await tree.restart()
    expect(await listAll(tree)).toHaveLength(5)
    expect(await textOf(tree, number, 1)).toBe('a')
  })

  it('can be begun again while it goes on', async () => {
    const root = join(scratchDirectory(), 'tree')
    plant(root, Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`${at}`, ''])))
    const tree = await openTree(root)
    const lost = failure(tree.list(256), 'interrupted')
    await tree.restart()
    await lost
    expect(await listAll(tree)).toHaveLength(101)
  })

  it('begins again after it failed, when that was put right', async () => {
    const root = join(scratchDirectory(), 'tree')
    plant(root, { 'a:b': '' })
    const tree = await openTree(root)
    await failure(listAll(tree), 'unsafe-name')
    rmSync(join(root, 'a:b'))
    await failure(listAll(tree), 'unsafe-name')
    await tree.restart()
    expect(await listAll(tree)).toHaveLength(1)
  })

  it('is asked for by one at a time', async () => {
    const { tree } = await openFile('x')
    await tree.restart()
    const listing = tree.list(1)
    await expect(tree.list(1)).rejects.toThrow(TypeError)
    expect(await listing).toHaveLength(1)
  })

  it('shows files as they are when they are listed, not when they were counted', async () => {
    const root = join(scratchDirectory(), 'tree')
    plant(root, { a: 'a' })
    const tree = await openTree(root)
    await tree.totals
    writeFileSync(join(root, 'a'), 'longer')
    const entries = await listAll(tree)
    expect(entries[1]).toMatchObject({ bytes: 6 })
    expect(await textOf(tree, 1, 6)).toBe('longer')
    await tree.finish(1)
  })
})

async function openFile(contents: string): Promise<{ path: string; tree: Outgoing }> {
  const path = join(scratchDirectory(), 'file.txt')
  writeFileSync(path, contents)
  const tree = await openTree(path)
  await tree.list(256)
  return { path, tree }
}

/** A tree with one file of so many bytes, which is number 1. */
async function openTreeOf(bytes: number): Promise<{ path: string; tree: Outgoing }> {
  const root = join(scratchDirectory(), 'tree')
  plant(root, { large: 'x'.repeat(bytes) })
  utimesSync(join(root, 'large'), 1_700_000_000, 1_700_000_000.25)
  const tree = await openTree(root)
  await tree.list(256)
  return { path: join(root, 'large'), tree }
}

/** Puts another file of the same size, contents and time there. */
function replaceByTwin(path: string): void {
  execFileSync('cp', ['-p', path, `${path}.twin`])
  renameSync(`${path}.twin`, path)
}

/** Open descriptors of files below `root`. */
function descriptorsBelow(root: string): number {
  if (process.platform !== 'linux') return 0
  return readdirSync('/proc/self/fd').filter((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`).startsWith(`${root}/`)
    } catch {
      return false
    }
  }).length
}

/** Lists, reads and finishes everything, so many files at once; says how many bytes there were. */
async function readAll(tree: Outgoing, atOnce: number): Promise<number> {
  const waiting: [number, number][] = []
  let listed = 0
  let total = 0
  let listing: Promise<boolean> | undefined
  const listMore = async () => {
    const entries = await tree.list(256)
    for (const { kind, bytes } of entries) {
      if (kind === 'file') waiting.push([listed, bytes ?? 0])
      listed++
    }
    listing = undefined
    return entries.length > 0
  }
  const work = async () => {
    const buffer = Buffer.alloc(SMALL_FILE_BYTES)
    for (;;) {
      const [file, bytes] = waiting.shift() ?? []
      if (file === undefined || bytes === undefined) {
        listing ??= listMore()
        if (await listing) continue
        return
      }
      const read = await tree.read(file, 0, buffer.subarray(0, bytes))
      total += read
      await tree.finish(file)
      tree.release(file)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return total
}
