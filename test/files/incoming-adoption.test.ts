import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { describeProcess, writeOwner } from '../../src/files/owner.ts'
import {
  BLOCK,
  type Contents,
  directory,
  emptyDirectory,
  file,
  open,
  receiveAll,
  stagedIn,
  transfer,
} from './incoming.ts'
import { failure, scratchDirectory, snapshot } from './scratch.ts'

const LARGE = Buffer.from(Array.from({ length: 10 * BLOCK + 100 }, (_, index) => index % 251))
const TREE: Contents = { d: null, 'd/large': LARGE, 'd/sub': null, 'd/sub/small': 'small' }

/** What a run that was interrupted after all of `contents` had come leaves in `cwd`. */
async function interrupted(contents: Contents): Promise<{ cwd: string; left: string }> {
  const cwd = emptyDirectory()
  const tree = await open(contents, { cwd })
  await transfer(tree, contents)
  await tree.keep()
  return { cwd, left: stagedIn(cwd) }
}

async function ownedByChild(left: string): Promise<{ kill(): Promise<void> }> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child, 'spawn')
  await writeOwner(join(left, 'owner'), await describeProcess(child.pid ?? 0), 'w')
  return {
    kill: async () => {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

function expectTree(cwd: string): void {
  expect(readdirSync(cwd)).toEqual(['d'])
  expect(readdirSync(join(cwd, 'd'), { recursive: true }).sort()).toEqual([
    'large',
    'sub',
    'sub/small',
  ])
  expect(readFileSync(join(cwd, 'd/large')).equals(LARGE)).toBe(true)
  expect(readFileSync(join(cwd, 'd/sub/small'), 'utf8')).toBe('small')
}

describe('a run after an interrupted one', () => {
  it('gets nothing again that is there', async () => {
    const { cwd } = await interrupted(TREE)
    const tree = await open(TREE, { cwd })
    expect(tree.mayHave).toBe(true)
    expect(await transfer(tree, TREE)).toEqual({ sent: 0, skipped: [] })
    await tree.publish()
    expectTree(cwd)
  })

  it('finds what a killed process left, and nothing while that lives', async () => {
    const { cwd, left } = await interrupted(TREE)
    const owner = await ownedByChild(left)
    const other = await open(TREE, { cwd })
    expect(other.mayHave).toBe(false)
    await other.discard()
    await owner.kill()
    expect((await receiveAll(TREE, { cwd })).sent).toBe(0)
    expectTree(cwd)
  })

  it('finds only what was offered under the same name and as the same kind', async () => {
    const { cwd } = await interrupted({ name: 'contents' })
    for (const contents of [{ other: 'contents' }, { name: null }]) {
      const tree = await open(contents, { cwd })
      expect(tree.mayHave).toBe(false)
      await tree.discard()
    }
    expect((await receiveAll({ name: 'contents, more of it' }, { cwd })).sent).toBe(20)
  })

  it('notices an edited block and gets that one', async () => {
    const { cwd, left } = await interrupted(TREE)
    const edited = Buffer.from(LARGE)
    edited[5 * BLOCK + 3] = 255
    writeFileSync(join(left, 'tree/d/large'), edited)
    expect((await receiveAll(TREE, { cwd })).sent).toBe(BLOCK)
    expectTree(cwd)
  })

  it.each([
    ['nothing', 0],
    ['half a block', BLOCK / 2],
    ['some blocks', 3 * BLOCK],
    ['a block and a half', 1.5 * BLOCK],
    ['all but the last byte', LARGE.length - 1],
  ])('goes on behind %s', async (_what, bytes) => {
    const { cwd, left } = await interrupted(TREE)
    truncateSync(join(left, 'tree/d/large'), bytes)
    const { sent } = await receiveAll(TREE, { cwd })
    expect(sent).toBe(LARGE.length - Math.floor(bytes / BLOCK) * BLOCK)
    expectTree(cwd)
  })

  it('never splices two contents', async () => {
    const { cwd } = await interrupted(TREE)
    const other = Buffer.from(LARGE.map((byte) => 255 - byte))
    await receiveAll({ ...TREE, 'd/large': other }, { cwd })
    expect(readFileSync(join(cwd, 'd/large')).equals(other)).toBe(true)
  })

  it('believes nothing that it was not asked to compare', async () => {
    const { cwd } = await interrupted({ a: LARGE })
    const tree = await open({ a: LARGE }, { cwd })
    await tree.list(0, [file('a', LARGE.length)])
    await tree.write(0, LARGE.length - 1, [LARGE.subarray(-1)])
    await tree.write(0, 0, [LARGE.subarray(0, 1)])
    await tree.finish(0, LARGE.length)
    await tree.publish()
    const expected = Buffer.alloc(LARGE.length)
    expected[0] = LARGE[0] ?? 0
    expected[LARGE.length - 1] = LARGE.at(-1) ?? 0
    expect(readFileSync(join(cwd, 'a')).equals(expected)).toBe(true)
  })

  it('cuts what is longer now', async () => {
    const { cwd } = await interrupted(TREE)
    const contents = { ...TREE, 'd/large': LARGE.subarray(0, 2 * BLOCK + 1), 'd/sub/small': '' }
    expect((await receiveAll(contents, { cwd })).sent).toBe(0)
    expect(readFileSync(join(cwd, 'd/large')).equals(contents['d/large'])).toBe(true)
    expect(statSync(join(cwd, 'd/sub/small')).size).toBe(0)
  })

  it('starts a stream of unknown length anew', async () => {
    const { cwd } = await interrupted({ stream: LARGE })
    const tree = await open({ stream: '' }, { cwd })
    await tree.list(0, [file('stream', null)])
    await tree.write(0, 0, [Buffer.from('short')])
    await tree.finish(0, 5)
    await tree.publish()
    expect(readFileSync(join(cwd, 'stream'), 'utf8')).toBe('short')
  })

  it('publishes nothing that is not sent any more', async () => {
    const { cwd, left } = await interrupted({
      ...TREE,
      'd/gone': 'x',
      'd/old': null,
      'd/old/gone': 'x',
      'd/kind': null,
    })
    mkdirSync(join(left, 'tree/stray'))
    const contents = { ...TREE, 'd/kind': 'a file now' }
    await receiveAll(contents, { cwd })
    expect(readdirSync(cwd)).toEqual(['d'])
    expect(readdirSync(join(cwd, 'd')).sort()).toEqual(['kind', 'large', 'sub'])
    expect(readFileSync(join(cwd, 'd/kind'), 'utf8')).toBe('a file now')
  })

  it('opens directories and files that had their final permissions already', async () => {
    const { cwd, left } = await interrupted(TREE)
    chmodSync(join(left, 'tree/d/large'), 0o444)
    chmodSync(join(left, 'tree/d/sub'), 0o555)
    chmodSync(join(left, 'tree/d'), 0o000)
    const contents = { ...TREE, 'd/sub/small': 'SMALL', 'd/sub/new': 'new' }
    await receiveAll(contents, { cwd })
    expect(readFileSync(join(cwd, 'd/sub/small'), 'utf8')).toBe('SMALL')
    expect(statSync(join(cwd, 'd')).mode & 0o777).toBe(0o755 & ~process.umask())
  })

  it('does not follow links, nor wait for pipes, in what it finds', async () => {
    const { cwd, left } = await interrupted(TREE)
    const outside = scratchDirectory()
    writeFileSync(join(outside, 'precious'), 'precious')
    mkdirSync(join(outside, 'directory'))
    writeFileSync(join(outside, 'directory', 'small'), 'precious')
    const before = snapshot(outside)
    rmSync(join(left, 'tree/d/large'))
    symlinkSync(join(outside, 'precious'), join(left, 'tree/d/large'))
    rmSync(join(left, 'tree/d/sub'), { recursive: true })
    symlinkSync(join(outside, 'directory'), join(left, 'tree/d/sub'))
    execFileSync('mkfifo', [join(left, 'tree/d/pipe')])
    symlinkSync(outside, join(left, 'tree/d/stray'))
    rmSync(join(left, 'owner'))
    symlinkSync(join(outside, 'precious'), join(left, 'owner'))
    utimesSync(left, 0, 0)
    await receiveAll({ ...TREE, 'd/pipe': 'a file' }, { cwd })
    expect(snapshot(outside)).toEqual(before)
    expect(readFileSync(join(cwd, 'd/pipe'), 'utf8')).toBe('a file')
    rmSync(join(cwd, 'd/pipe'))
    expectTree(cwd)
  })

  it('does not patch a file that was published under another name', async () => {
    const { cwd, left } = await interrupted({ a: LARGE })
    linkSync(join(left, 'tree/a'), join(cwd, 'published'))
    await receiveAll({ a: Buffer.from(LARGE.map((byte) => 255 - byte)) }, { cwd })
    expect(readFileSync(join(cwd, 'published')).equals(LARGE)).toBe(true)
  })

  it('makes a tree where something else is in its place', async () => {
    const { cwd, left } = await interrupted(TREE)
    renameSync(join(left, 'tree'), join(left, 'other'))
    symlinkSync('other', join(left, 'tree'))
    expect((await receiveAll(TREE, { cwd })).sent).toBe(LARGE.length + 5)
    expectTree(cwd)
  })
})

describe('several interrupted runs', () => {
  it('leave the latest to the next one, and nothing in the end', async () => {
    const cwd = emptyDirectory()
    const runs = [await open(TREE, { cwd }), await open(TREE, { cwd }), await open(TREE, { cwd })]
    for (const [index, run] of runs.entries()) {
      await run.list(0, [directory('d'), file('d/large', LARGE.length)])
      await run.write(1, 0, [LARGE.subarray(0, (index + 1) * BLOCK)])
    }
    for (const run of runs) await run.keep()
    const names = readdirSync(cwd)
    expect(names).toHaveLength(3)
    // The one with two blocks is the latest.
    for (const name of names) {
      const isLatest = statSync(join(cwd, name, 'tree/d/large')).size === 2 * BLOCK
      utimesSync(join(cwd, name), 1, isLatest ? 2000 : 1000)
    }
    const tree = await open(TREE, { cwd })
    expect(readdirSync(cwd)).toHaveLength(1)
    expect((await transfer(tree, TREE)).sent).toBe(LARGE.length - 2 * BLOCK + 5)
    await tree.publish()
    expectTree(cwd)
  })

  it('do not pile up', async () => {
    const { cwd } = await interrupted(TREE)
    for (let round = 0; round < 3; round++) {
      const tree = await open(TREE, { cwd })
      await tree.keep()
      expect(readdirSync(cwd)).toHaveLength(1)
    }
  })

  it('are won by one of two that claim them at once', async () => {
    for (let round = 0; round < 20; round++) {
      const { cwd } = await interrupted(TREE)
      const trees = await Promise.all([
        open(TREE, { cwd }),
        open(TREE, { cwd }),
        open(TREE, { cwd }),
      ])
      expect(trees.filter((tree) => tree.mayHave)).toHaveLength(1)
      const sent = await Promise.all(trees.map((tree) => transfer(tree, TREE)))
      expect(sent.filter((result) => result.sent === 0)).toHaveLength(1)
      for (const tree of trees) await tree.discard()
      expect(readdirSync(cwd)).toEqual([])
    }
  })

  it('are left to a claimant who has not yet written down that it owns them', async () => {
    const { cwd, left } = await interrupted(TREE)
    const { pid, started } = await describeProcess(process.pid)
    renameSync(left, `${left}.${pid}.${started ?? ''}`)
    const tree = await open(TREE, { cwd })
    expect(tree.mayHave).toBe(false)
    await tree.discard()
    renameSync(`${left}.${pid}.${started ?? ''}`, `${left}.999999999.1`)
    expect((await receiveAll(TREE, { cwd })).sent).toBe(0)
    expectTree(cwd)
  })
})

describe('what is not ours to adopt', () => {
  it('stays without an owner as long as it may be in the making', async () => {
    const { cwd, left } = await interrupted(TREE)
    writeFileSync(join(left, 'owner'), '')
    const now = Date.now() / 1000
    utimesSync(left, now, now)
    const tree = await open(TREE, { cwd })
    expect(tree.mayHave).toBe(false)
    await tree.discard()
    utimesSync(left, now - 120, now - 120)
    expect((await receiveAll(TREE, { cwd })).sent).toBe(0)
  })

  it('is a symbolic link', async () => {
    const { cwd, left } = await interrupted(TREE)
    const outside = emptyDirectory()
    renameSync(left, join(outside, 'elsewhere'))
    symlinkSync(join(outside, 'elsewhere'), left)
    const before = snapshot(outside)
    const tree = await open(TREE, { cwd })
    expect(tree.mayHave).toBe(false)
    await tree.discard()
    expect(snapshot(outside)).toEqual(before)
  })

  it.runIf(process.geteuid?.() === 0)('is of another user', async () => {
    const { cwd, left } = await interrupted(TREE)
    chownSync(left, 65_534, 65_534)
    const tree = await open(TREE, { cwd })
    expect(tree.mayHave).toBe(false)
    await tree.discard()
    expect(existsSync(join(left, 'tree/d/large'))).toBe(true)
  })

  it('stays where there is no room to go on', async () => {
    const { cwd, left } = await interrupted(TREE)
    await failure(open(TREE, { cwd, offer: { bytes: 2 ** 52 } }), 'disk-full')
    expect(existsSync(left)).toBe(false)
    expect((await receiveAll(TREE, { cwd })).sent).toBe(0)
  })
})
