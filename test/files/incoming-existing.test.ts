import { execFileSync } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Existing } from '../../src/files/existing.ts'
import {
  BLOCK,
  type Contents,
  directory,
  emptyDirectory,
  file,
  furnished,
  MODIFIED_MS,
  open,
  receiveAll,
  transfer,
} from './incoming.ts'
import { failure, scratchDirectory, snapshot } from './scratch.ts'

function read(...path: string[]): string {
  return readFileSync(join(...path), 'utf8')
}

const NEW: Contents = {
  d: null,
  'd/a': 'new a',
  'd/sub': null,
  'd/sub/b': 'new b',
  'd/fresh': null,
  'd/fresh/c': 'new c',
}
const OLD: Contents = { 'd/a': 'old a', 'd/sub/other': 'old other', 'd/other': 'old' }

describe('a target that is taken', () => {
  it.each(['a', 'd'])('is refused without a word about what to do (%s)', async (name) => {
    const cwd = furnished({ a: 'old', ...OLD })
    const before = snapshot(cwd)
    const contents: Contents = name === 'a' ? { a: 'new' } : NEW
    const error = await failure(open(contents, { cwd }), 'file-exists')
    expect(error.message).toContain(join(cwd, name))
    expect(snapshot(cwd)).toEqual(before)
  })

  it.each([
    ['a.txt', 'a (2).txt'],
    ['a.tar.gz', 'a (2).tar.gz'],
    ['.bashrc', '.bashrc (2)'],
    ['a', 'a (2)'],
    [`${'x'.repeat(251)}.txt`, `${'x'.repeat(247)} (2).txt`],
  ])('is avoided by another name (%s)', async (name, expected) => {
    const cwd = furnished({ [name]: 'old' })
    await receiveAll({ [name]: 'new' }, { cwd, existing: 'rename' })
    expect(readdirSync(cwd).sort()).toEqual([expected, name].sort())
    expect(read(cwd, name)).toBe('old')
    expect(read(cwd, expected)).toBe('new')
  })

  it('is avoided by the next name that is free, for directories too', async () => {
    const cwd = furnished({ 'd.x': null, 'd.x (2)': null })
    await receiveAll({ 'd.x': null, 'd.x/a': 'a' }, { cwd, existing: 'rename' })
    expect(read(cwd, 'd.x (3)/a')).toBe('a')
  })

  it('is overwritten in one step', async () => {
    const cwd = furnished({ a: 'old' })
    const { ino } = statSync(join(cwd, 'a'))
    await receiveAll({ a: 'new' }, { cwd, existing: 'overwrite' })
    expect(read(cwd, 'a')).toBe('new')
    expect(statSync(join(cwd, 'a')).ino).not.toBe(ino)
    expect(readdirSync(cwd)).toEqual(['a'])
  })

  it('is left alone when it is to be skipped', async () => {
    const cwd = furnished({ a: 'old', ...OLD })
    const skipped = await receiveAll({ a: 'new' }, { cwd, existing: 'skip' })
    expect(skipped).toEqual({ sent: 0, skipped: ['a'] })
    await receiveAll(NEW, { cwd, existing: 'skip' })
    expect(read(cwd, 'a')).toBe('old')
    expect(read(cwd, 'd/a')).toBe('old a')
    expect(read(cwd, 'd/sub/b')).toBe('new b')
  })

  it('is left alone when it is to be skipped and the new file is empty', async () => {
    const cwd = furnished({ 'd/a': 'old' })
    await receiveAll({ d: null, 'd/a': '', 'd/b': '' }, { cwd, existing: 'skip' })
    expect(read(cwd, 'd/a')).toBe('old')
    expect(readdirSync(join(cwd, 'd')).sort()).toEqual(['a', 'b'])
  })

  it('is decided by whoever is asked, once', async () => {
    for (const [answer, expected] of [
      ['overwrite', ['new']],
      ['rename', ['old', 'new']],
      ['skip', ['old']],
    ] as [Existing, string[]][]) {
      const cwd = furnished({ a: 'old' })
      const asked: string[] = []
      const existing = async (path: string) => {
        asked.push(path)
        return answer
      }
      await receiveAll({ a: 'new' }, { cwd, existing })
      expect(asked).toEqual([join(cwd, 'a')])
      expect(
        readdirSync(cwd)
          .sort()
          .map((name) => read(cwd, name)),
      ).toEqual(expected)
    }
    const cwd = furnished({ a: 'old' })
    await failure(open({ a: 'new' }, { cwd, existing: async () => 'refuse' }), 'file-exists')
  })

  it.each<[string, (path: string) => void]>([
    ['a file', (path) => writeFileSync(path, 'precious')],
    ['a directory', (path) => mkdirSync(path)],
    ['a dangling link', (path) => symlinkSync('nowhere', path)],
    ['a link to a directory', (path) => symlinkSync('/', path)],
    ['a named pipe', (path) => execFileSync('mkfifo', [path])],
  ])('by %s only in the meantime is not replaced, whatever the policy', async (what, appear) => {
    for (const existing of ['refuse', 'overwrite', 'rename', 'skip'] as const) {
      for (const contents of [{ d: 'new' }, NEW]) {
        const cwd = emptyDirectory()
        const tree = await open(contents, { cwd, existing })
        await transfer(tree, contents)
        appear(join(cwd, 'd'))
        const before = snapshot(cwd).filter((line) => line.startsWith('d'))
        const error = await failure(tree.publish(), 'file-exists')
        if (what !== 'a link to a directory')
          expect(error.message).toContain(what === 'a dangling link' ? 'a symbolic link' : what)
        expect(snapshot(cwd).filter((line) => line.startsWith('d'))).toEqual(before)
        await tree.discard()
      }
    }
  })
})

describe('links and special files at the target', () => {
  it('replaces a symbolic link itself, never what it points to', async () => {
    const cwd = furnished({ precious: 'precious' })
    for (const [name, to] of [
      ['link', 'precious'],
      ['dangling', 'nowhere'],
    ] as const) {
      symlinkSync(to, join(cwd, name))
      for (const existing of ['refuse', 'skip'] as const) {
        if (existing === 'refuse') await failure(open({ [name]: 'new' }, { cwd }), 'file-exists')
        else await open({ [name]: 'new' }, { cwd, existing }).then((tree) => tree.discard())
        expect(readlinkSync(join(cwd, name))).toBe(to)
      }
      await receiveAll({ [name]: 'new' }, { cwd, existing: 'overwrite' })
      expect(lstatSync(join(cwd, name)).isFile()).toBe(true)
      expect(read(cwd, name)).toBe('new')
    }
    expect(read(cwd, 'precious')).toBe('precious')
    expect(existsSync(join(cwd, 'nowhere'))).toBe(false)
  })

  it('does not merge into a directory behind a symbolic link', async () => {
    const outside = furnished({ a: 'precious' })
    const before = snapshot(outside)
    const cwd = emptyDirectory()
    symlinkSync(outside, join(cwd, 'd'))
    for (const existing of ['refuse', 'overwrite', 'skip'] as const) {
      await failure(open(NEW, { cwd, existing }), 'file-exists')
      await failure(open(NEW, { cwd, existing, update: true }), 'file-exists')
    }
    expect(snapshot(outside)).toEqual(before)
  })

  it.each(['overwrite', 'skip'] as const)(
    'does not %s through a symbolic link inside the directory it merges into',
    async (existing) => {
      const outside = furnished({ b: 'precious' })
      const before = snapshot(outside)
      const cwd = furnished({ 'd/a': 'old' })
      symlinkSync(outside, join(cwd, 'd/sub'))
      const tree = await open(NEW, { cwd, existing })
      const error = await failure(transfer(tree, NEW), 'file-exists')
      expect(error.message).toContain(join(cwd, 'd/sub'))
      await tree.discard()
      expect(snapshot(outside)).toEqual(before)
      expect(read(cwd, 'd/a')).toBe('old')
    },
  )

  it('does not merge through a link that appears at the end', async () => {
    const outside = furnished({ b: 'precious' })
    const before = snapshot(outside)
    const cwd = furnished({ 'd/other': 'old' })
    const tree = await open(NEW, { cwd, existing: 'overwrite' })
    await transfer(tree, NEW)
    symlinkSync(outside, join(cwd, 'd/sub'))
    await failure(tree.publish(), 'file-exists')
    expect(snapshot(outside)).toEqual(before)
  })

  it.each(['overwrite', 'skip'] as const)(
    'does not touch a pipe or a socket (%s)',
    async (existing) => {
      const cwd = furnished({ 'd/other': 'old' })
      execFileSync('mkfifo', [join(cwd, 'pipe'), join(cwd, 'd/a')])
      const server = createServer().listen(join(cwd, 'socket'))
      onTestFinished(() => void server.close())
      await new Promise((resolve) => server.once('listening', resolve))
      for (const name of ['pipe', 'socket']) {
        if (existing === 'overwrite')
          await failure(open({ [name]: 'new' }, { cwd, existing }), 'file-exists')
        else await receiveAll({ [name]: 'new' }, { cwd, existing })
        await failure(open({ [name]: null }, { cwd, existing }), 'file-exists')
      }
      if (existing === 'overwrite') {
        const tree = await open(NEW, { cwd, existing })
        await failure(transfer(tree, NEW), 'file-exists')
        await tree.discard()
      } else await receiveAll(NEW, { cwd, existing })
      expect(lstatSync(join(cwd, 'd/a')).isFIFO()).toBe(true)
      expect(lstatSync(join(cwd, 'pipe')).isFIFO()).toBe(true)
      expect(lstatSync(join(cwd, 'socket')).isSocket()).toBe(true)
    },
  )
})

describe('a directory that is there', () => {
  it('gets the new files over its own, and keeps the others', async () => {
    const cwd = furnished(OLD)
    await receiveAll(NEW, { cwd, existing: 'overwrite' })
    const found = readdirSync(join(cwd, 'd'), { recursive: true }).sort()
    expect(found).toEqual(['a', 'fresh', 'fresh/c', 'other', 'sub', 'sub/b', 'sub/other'])
    expect(read(cwd, 'd/a')).toBe('new a')
    expect(read(cwd, 'd/sub/b')).toBe('new b')
    expect(read(cwd, 'd/sub/other')).toBe('old other')
    expect(statSync(join(cwd, 'd/fresh')).mtimeMs).toBe(MODIFIED_MS)
    expect(readdirSync(cwd)).toEqual(['d'])
  })

  it('takes directories that may not be written to', async () => {
    const cwd = furnished({ 'd/sub/other': 'old' })
    const tree = await open({ d: null }, { cwd, existing: 'overwrite' })
    await tree.list(0, [
      directory('d', 0o555),
      directory('d/sub', 0o555),
      directory('d/new', 0o555),
      file('d/sub/a', 1),
      file('d/new/a', 1),
    ])
    for (const number of [3, 4]) {
      await tree.write(number, 0, [Buffer.from('a')])
      await tree.finish(number, 1)
    }
    await tree.publish()
    expect(statSync(join(cwd, 'd/new')).mode & 0o777).toBe(0o555)
    expect(readdirSync(join(cwd, 'd/sub')).sort()).toEqual(['a', 'other'])
    execFileSync('chmod', ['-R', 'u+rwx', cwd])
  })

  it.each<[string, Contents, Contents]>([
    ['a file for a directory', { 'd/sub': 'old' }, NEW],
    ['a directory for a file', { 'd/a/x': 'old' }, NEW],
    ['a file for the whole', { d: 'old' }, NEW],
    ['a directory for the only file', { 'd/a': 'old' }, { d: 'new' }],
  ])('is not changed where it has %s', async (_what, old, contents) => {
    for (const existing of ['overwrite', 'skip'] as const) {
      const cwd = furnished(old)
      const before = snapshot(cwd)
      const all = async () => {
        const tree = await open(contents, { cwd, existing })
        try {
          await transfer(tree, contents)
        } finally {
          await tree.discard()
        }
      }
      await failure(all(), 'file-exists')
      expect(snapshot(cwd)).toEqual(before)
    }
  })
})

describe('several at once', () => {
  it('are each treated as the user says', async () => {
    const several = { a: 'new', 'b.txt': 'new', d: null, 'd/x': 'new' }
    const old = { a: 'old', 'd/x': 'old', 'd/y': 'old' }
    const renamed = furnished(old)
    await receiveAll(several, { cwd: renamed, existing: 'rename' })
    expect(readdirSync(renamed).sort()).toEqual(['a', 'a (2)', 'b.txt', 'd', 'd (2)'])
    const skipped = furnished(old)
    expect((await receiveAll(several, { cwd: skipped, existing: 'skip' })).skipped).toEqual([
      'a',
      'd/x',
    ])
    expect(read(skipped, 'a')).toBe('old')
    const refused = furnished(old)
    const before = snapshot(refused)
    const tree = await open(several, { cwd: refused })
    await failure(transfer(tree, several), 'file-exists')
    await tree.discard()
    expect(snapshot(refused)).toEqual(before)
  })

  it('do not take the names that others of them have got', async () => {
    const cwd = furnished({ a: 'old' })
    await receiveAll({ a: 'first', 'a (2)': 'second' }, { cwd, existing: 'rename' })
    expect(read(cwd, 'a (2)')).toBe('first')
    expect(read(cwd, 'a (2) (2)')).toBe('second')
  })

  it('are published only if all can be', async () => {
    const cwd = emptyDirectory()
    const several = { a: 'new', b: 'new' }
    const tree = await open(several, { cwd })
    await transfer(tree, several)
    writeFileSync(join(cwd, 'b'), 'precious')
    await failure(tree.publish(), 'file-exists')
    expect(existsSync(join(cwd, 'a'))).toBe(false)
    expect(read(cwd, 'b')).toBe('precious')
  })
})

describe('update', () => {
  const content = Buffer.from(Array.from({ length: 8 * BLOCK + 9 }, (_, index) => index % 241))
  const changed = Buffer.from(content)
  changed[3 * BLOCK] = 255

  it('gets only the blocks that differ', async () => {
    const cwd = furnished({ 'd/same': content, 'd/differs': changed, 'd/other': 'old' })
    const { ino } = statSync(join(cwd, 'd/same'))
    const contents = { d: null, 'd/same': content, 'd/differs': content, 'd/new': 'new' }
    const { sent } = await receiveAll(contents, { cwd, update: true })
    expect(sent).toBe(BLOCK + 3)
    expect(readFileSync(join(cwd, 'd/differs')).equals(content)).toBe(true)
    expect(statSync(join(cwd, 'd/same'))).toMatchObject({
      ino,
      mtimeMs: MODIFIED_MS,
      mode: 0o100644,
    })
    expect(readdirSync(join(cwd, 'd')).sort()).toEqual(['differs', 'new', 'other', 'same'])
  })

  it('changes no file before everything is there', async () => {
    const cwd = furnished({ 'd/a': changed })
    const contents = { d: null, 'd/a': content }
    const tree = await open(contents, { cwd, update: true })
    await transfer(tree, contents)
    expect(readFileSync(join(cwd, 'd/a')).equals(changed)).toBe(true)
    await tree.publish()
    expect(readFileSync(join(cwd, 'd/a')).equals(content)).toBe(true)
  })

  it('cuts and lengthens files', async () => {
    const longer = Buffer.concat([content, content])
    for (const old of [longer, content.subarray(0, 2 * BLOCK + 5)]) {
      const cwd = furnished({ a: old, 'd/a': old })
      for (const contents of [{ a: content }, { d: null, 'd/a': content }]) {
        const { sent } = await receiveAll(contents, { cwd, update: true })
        expect(sent).toBe(old === longer ? 0 : content.length - 2 * BLOCK)
      }
      expect(readFileSync(join(cwd, 'a')).equals(content)).toBe(true)
      expect(readFileSync(join(cwd, 'd/a')).equals(content)).toBe(true)
    }
  })

  it('notices that a file is changed while it is compared', async () => {
    for (const isWritten of [true, false]) {
      const cwd = furnished({ a: content })
      const tree = await open({ a: content }, { cwd, update: true })
      await tree.list(0, [file('a', content.length)])
      const there = await tree.compare(0, BLOCK)
      if (there === 'skip') expect.fail()
      for await (const digest of there) expect(digest).toHaveLength(32)
      writeFileSync(join(cwd, 'a'), changed)
      utimesSync(join(cwd, 'a'), 1, 1)
      const next = isWritten
        ? tree.write(0, 0, [content.subarray(0, BLOCK)])
        : tree.finish(0, content.length)
      await failure(next, 'file-changed')
      await tree.discard()
      expect(readFileSync(join(cwd, 'a')).equals(changed)).toBe(true)
    }
  })

  it('does not read through links', async () => {
    const outside = scratchDirectory()
    writeFileSync(join(outside, 'a'), content)
    const before = snapshot(outside)
    const cwd = furnished({ 'd/other': 'old' })
    symlinkSync(join(outside, 'a'), join(cwd, 'd/a'))
    const contents = { d: null, 'd/a': content }
    expect((await receiveAll(contents, { cwd, update: true })).sent).toBe(content.length)
    expect(lstatSync(join(cwd, 'd/a')).isFile()).toBe(true)
    expect(snapshot(outside)).toEqual(before)
  })
})
