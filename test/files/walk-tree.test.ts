import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { MAX_TREE_WARNINGS } from '../../src/limits.ts'
import { isPrintable } from '../../src/printable.ts'
import { SAFE_NAMES } from './names.ts'
import { asOrdinaryUser, failure, scratchDirectory } from './scratch.ts'
import { listAll, openTree, pathsIn, plant, textOf } from './tree.ts'

function scratchTree(files: Record<string, string> = {}): string {
  const root = join(scratchDirectory(), 'tree')
  mkdirSync(root)
  plant(root, files)
  return root
}

describe('a tree that is sent', () => {
  it('is listed with parents before children, depth first, and with attributes', async () => {
    const root = scratchTree({ 'a.txt': 'one', 'sub/deep/b.txt': 'three', 'empty/': '', zero: '' })
    chmodSync(join(root, 'a.txt'), 0o6751)
    utimesSync(join(root, 'a.txt'), 1_700_000_000, 1_700_000_000.25)
    chmodSync(join(root, 'empty'), 0o750)
    const entries = await listAll(await openTree(root))
    expect(entries[0]).toMatchObject({ path: 'tree', kind: 'directory', bytes: 0 })
    const paths = entries.map(({ path }) => path)
    for (const path of paths.slice(1)) {
      expect(paths.indexOf(path.slice(0, path.lastIndexOf('/')))).toBeLessThan(paths.indexOf(path))
      expect(paths).toContain(path.slice(0, path.lastIndexOf('/')))
    }
    expect(entries).toContainEqual({
      path: 'tree/a.txt',
      kind: 'file',
      bytes: 3,
      mode: 0o751,
      modifiedMs: 1_700_000_000_250,
    })
    expect(entries).toContainEqual(
      expect.objectContaining({ path: 'tree/empty', kind: 'directory', bytes: 0, mode: 0o750 }),
    )
    expect(entries).toContainEqual(expect.objectContaining({ path: 'tree/zero', bytes: 0 }))
    expect(paths.sort()).toEqual([
      'tree',
      'tree/a.txt',
      'tree/empty',
      'tree/sub',
      'tree/sub/deep',
      'tree/sub/deep/b.txt',
      'tree/zero',
    ])
  })

  it('keeps subtrees together', async () => {
    const files: Record<string, string> = {}
    for (const one of 'abc') for (const two of 'xyz') files[`${one}/${two}/file`] = ''
    const tree = await openTree(scratchTree(files))
    const tops = (await listAll(tree)).slice(1).map(({ path }) => path.split('/')[1])
    const switches = tops.filter((top, at) => top !== tops[at - 1])
    expect(switches.sort()).toEqual(['a', 'b', 'c'])
  })

  it('may have every name that is safe', async () => {
    const names = [
      ...SAFE_NAMES,
      `it's "quoted" & $(odd); *?[x]`,
      'caf\u00e9',
      'cafe\u0301 nfd',
      '\uFFFD',
      '-- --help',
    ]
    const root = scratchTree(Object.fromEntries(names.map((name) => [name, name])))
    const tree = await openTree(root)
    const entries = await listAll(tree)
    expect(entries.map(({ path }) => path.slice('tree/'.length)).sort()).toEqual(
      ['', ...names].sort(),
    )
    for (const [number, { path }] of entries.entries()) {
      const name = path.slice('tree/'.length)
      if (name !== '') expect(await textOf(tree, number, Buffer.byteLength(name))).toBe(name)
    }
  })

  it.each([
    'a\nb',
    'a\x1b[2Jb',
    'exe.\u202Efdp',
    'a:b',
    'nul.txt',
    'x.',
    'back\\slash',
    'a\u200Db',
  ])('may not have %j in it, unless it is left out', async (name) => {
    const root = scratchTree({ 'sub/fine': '', [`sub/${name}`]: '' })
    const tree = await openTree(root)
    const error = await failure(listAll(tree), 'unsafe-name')
    expect(error.message).toContain('"tree/sub/')
    expect(isPrintable(error.message)).toBe(true)
    expect(error.hint).toContain('--exclude')
    await failure(tree.totals, 'unsafe-name')
    await failure(tree.list(1), 'unsafe-name')
    const exclude = ['sub/*', '!fine']
    expect(await pathsIn(root, { exclude })).toEqual(['sub/', 'sub/fine'])
  })

  it.runIf(process.platform === 'linux')('may not have a name that is not UTF-8', async () => {
    const root = scratchTree({ fine: '' })
    writeFileSync(Buffer.from(`${root}/b\xe9b\xe9`, 'latin1'), '')
    const error = await failure(listAll(await openTree(root)), 'unsafe-name')
    expect(error.message).toContain('UTF-8')
    expect(await pathsIn(root, { exclude: ['b*'] })).toEqual(['fine'])
  })

  it('may not be deeper than 128 levels', async () => {
    const deepest = `${'d/'.repeat(126)}file`
    expect(await pathsIn(scratchTree({ [deepest]: '' }))).toContain(deepest)
    const deeper = await openTree(scratchTree({ [`d/${deepest}`]: '' }))
    expect((await failure(listAll(deeper), 'unsafe-name')).message).toMatch(/128 levels$/)
  })

  it('may not have paths longer than a system takes', async () => {
    const root = scratchTree()
    // Longer than one call takes, so it is put together from both ends, and only rm gets it away.
    const half = `${'n'.repeat(250)}/`.repeat(9)
    mkdirSync(join(root, 'x', half), { recursive: true })
    mkdirSync(join(root, half), { recursive: true })
    renameSync(join(root, 'x'), join(root, half, 'x'))
    try {
      const tree = await openTree(root)
      expect((await failure(listAll(tree), 'unsafe-name')).message).toMatch(/4096 bytes$/)
      await failure(tree.totals, 'unsafe-name')
    } finally {
      execFileSync('rm', ['-rf', root])
    }
  })

  it.each([
    ['a named pipe', (path: string) => execFileSync('mkfifo', [path])],
    ['a socket', listenAt],
  ])('may not have %s in it, unless it is left out', async (kind, make) => {
    const root = scratchTree({ fine: '' })
    await make(join(root, 'odd'))
    const error = await failure(listAll(await openTree(root)), 'not-a-file')
    expect(error.message).toBe(`"tree/odd" is ${kind}`)
    expect(error.hint).toContain('--exclude')
    expect(await pathsIn(root, { exclude: ['odd'] })).toEqual(['fine'])
  })

  it('must be readable throughout', async () => {
    const root = scratchTree({ 'secret/file': '' })
    chmodSync(join(root, 'secret'), 0)
    await asOrdinaryUser(async () => {
      const tree = await openTree(root)
      expect((await failure(listAll(tree), 'permission')).message).toContain('"tree/secret"')
      await failure(tree.totals, 'permission')
      expect(await pathsIn(root, { exclude: ['secret'] })).toEqual([])
    })
  })

  it('may lose files while it is listed', async () => {
    const files = Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`d/f${at}`, '']))
    const root = scratchTree({ ...files, 'e/file': '' })
    const tree = await openTree(root)
    await tree.totals
    expect(await tree.list(2)).toHaveLength(2)
    rmSync(join(root, 'd'), { recursive: true })
    rmSync(join(root, 'e'), { recursive: true })
    const rest = await listAll(tree)
    expect(rest.length).toBeLessThan(200)
  })

  it('is noticed to be another one when a directory is replaced by a link', async () => {
    const outside = scratchTree({ secret: 'secret' })
    const root = scratchTree({ 'sub/file': '' })
    const tree = await openTree(root)
    expect(await tree.list(2)).toHaveLength(2)
    rmSync(join(root, 'sub'), { recursive: true })
    symlinkSync(outside, join(root, 'sub'))
    await failure(listAll(tree), 'file-changed')
  })
})

describe('symbolic links in a tree', () => {
  it('are left out with a warning, told once', async () => {
    const root = scratchTree({ 'file.txt': '', 'dir/inner': '' })
    symlinkSync('file.txt', join(root, 'link'))
    symlinkSync('dir', join(root, 'dirlink'))
    symlinkSync('nowhere', join(root, 'dangling'))
    const warnings: string[] = []
    const onWarning = (message: string) => void warnings.push(message)
    expect(await pathsIn(root, { onWarning })).toEqual(['dir/', 'dir/inner', 'file.txt'])
    await expect.poll(() => warnings.length).toBe(3)
    expect(warnings.sort()).toEqual(
      ['dangling', 'dirlink', 'link'].map(
        (name) => `"tree/${name}" is a symbolic link; it is left out`,
      ),
    )
  })

  it('are only counted after the first twenty', async () => {
    const root = scratchTree()
    for (let at = 0; at < MAX_TREE_WARNINGS + 5; at++) symlinkSync('x', join(root, `l${at}`))
    const warnings: string[] = []
    const tree = await openTree(root, { onWarning: (message) => void warnings.push(message) })
    await tree.totals
    expect(warnings).toHaveLength(MAX_TREE_WARNINGS + 1)
    expect(warnings.at(-1)).toBe('5 more symbolic links are left out')
  })

  it('are not warned of when they are excluded', async () => {
    const root = scratchTree()
    symlinkSync('x', join(root, 'link'))
    const warnings: string[] = []
    const tree = await openTree(root, {
      exclude: ['link'],
      onWarning: (message) => void warnings.push(message),
    })
    await tree.totals
    expect(warnings).toEqual([])
  })

  it('are followed on demand where they stay in the tree', async () => {
    const outside = scratchTree({ secret: 'secret' })
    const root = scratchTree({ 'file.txt': 'contents', 'dir/inner': 'inside' })
    // A neighbour whose name begins like the tree's.
    plant(`${root}-too`, { secret: 'secret' })
    symlinkSync('file.txt', join(root, 'link'))
    symlinkSync('dir', join(root, 'dirlink'))
    symlinkSync('nowhere', join(root, 'dangling'))
    symlinkSync('loop', join(root, 'loop'))
    symlinkSync(join(outside, 'secret'), join(root, 'out'))
    symlinkSync(outside, join(root, 'outdir'))
    symlinkSync('../tree-too/secret', join(root, 'near'))
    const warnings: string[] = []
    const tree = await openTree(root, {
      follow: true,
      onWarning: (message) => void warnings.push(message),
    })
    const entries = await listAll(tree)
    expect(entries.map(({ path }) => path).sort()).toEqual([
      'tree',
      'tree/dir',
      'tree/dir/inner',
      'tree/dirlink',
      'tree/dirlink/inner',
      'tree/file.txt',
      'tree/link',
    ])
    const link = entries.findIndex(({ path }) => path === 'tree/link')
    expect(entries[link]).toMatchObject({ kind: 'file', bytes: 8 })
    expect(await textOf(tree, link, 8)).toBe('contents')
    await tree.finish(link)
    await tree.totals
    expect(warnings.sort()).toEqual([
      '"tree/dangling" is a symbolic link that leads nowhere; it is left out',
      '"tree/loop" is a symbolic link that leads to itself; it is left out',
      '"tree/near" is a symbolic link that leads out of its tree; it is left out',
      '"tree/out" is a symbolic link that leads out of its tree; it is left out',
      '"tree/outdir" is a symbolic link that leads out of its tree; it is left out',
    ])
  })

  it('never lead round in circles', async () => {
    const root = scratchTree({ 'a/b/file': '' })
    symlinkSync('../..', join(root, 'a/b/up'))
    symlinkSync('.', join(root, 'self'))
    symlinkSync('../..', join(root, 'a/b/up2'))
    const warnings: string[] = []
    const onWarning = (message: string) => void warnings.push(message)
    expect(await pathsIn(root, { follow: true, onWarning })).toEqual(['a/', 'a/b/', 'a/b/file'])
    await expect.poll(() => warnings.length).toBe(3)
    expect(warnings[0]).toMatch(/a directory that it is in; it is left out$/)
  })

  it('never lead round in circles through two that name each other', async () => {
    const root = scratchTree({ 'a/file': '', 'b/file': '' })
    symlinkSync('../b', join(root, 'a/b'))
    symlinkSync('../a', join(root, 'b/a'))
    expect(await pathsIn(root, { follow: true })).toEqual([
      'a/',
      'a/b/',
      'a/b/file',
      'a/file',
      'b/',
      'b/a/',
      'b/a/file',
      'b/file',
    ])
  })

  it('are followed within a tree that was named by a link', async () => {
    const root = scratchTree({ 'file.txt': 'x' })
    symlinkSync('file.txt', join(root, 'inside'))
    symlinkSync('tree', join(root, '../named'))
    const named = join(root, '../named')
    expect(await pathsIn(named, { follow: true })).toEqual(['file.txt', 'inside'])
  })
})

async function listenAt(path: string): Promise<void> {
  const server = createServer().listen(path)
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  expect(readdirSync(join(path, '..'))).toContain('odd')
}
