import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { SavedTree } from '../../src/files/saved-tree.ts'
import {
  BLOCK,
  type Contents,
  emptyDirectory,
  file,
  furnished,
  open,
  type ReceiveInit,
  type Transferred,
  transfer,
} from './incoming.ts'
import { failure, snapshot } from './scratch.ts'

const LONG = Buffer.alloc(3 * BLOCK + 100, 'long')
const TREE: Contents = { d: null, 'd/long': LONG, 'd/empty': '', 'd/sub': null, 'd/sub/a': 'a' }

/** What was saved of `contents`, to be compared. */
async function saved(contents: Contents, init: ReceiveInit): Promise<SavedTree> {
  const incoming = await open(contents, init)
  await transfer(incoming, contents)
  await incoming.publish()
  const tree = await incoming.openSaved()
  onTestFinished(() => tree.close())
  return tree
}

/** Saves `contents`, and offers `again` after that; nothing on disk may change of it. */
async function offeredAgain(
  contents: Contents,
  init: ReceiveInit,
  again = contents,
): Promise<Transferred> {
  const tree = await saved(contents, init)
  const before = snapshot(init.cwd)
  try {
    const result = await transfer(tree, again)
    await tree.publish()
    return result
  } finally {
    expect(snapshot(init.cwd)).toEqual(before)
  }
}

describe('what is saved and offered again', () => {
  it.each<[string, Contents]>([
    ['a file', { long: LONG }],
    ['an empty file', { empty: '' }],
    ['a directory', TREE],
    ['several', { ...TREE, other: 'other' }],
  ])('is recognized: %s', async (_, contents) => {
    expect(await offeredAgain(contents, { cwd: emptyDirectory() })).toEqual({
      sent: 0,
      skipped: [],
    })
  })

  it.each<[string, Contents, Contents]>([
    ['under another name', { a: 'old' }, { a: 'new' }],
    ['several, of which one is under another name', { a: 'old' }, { a: 'new', ...TREE }],
  ])('is recognized %s', async (_, there, contents) => {
    const init = { cwd: furnished(there), existing: 'rename' } as const
    expect(await offeredAgain(contents, init)).toEqual({ sent: 0, skipped: [] })
  })

  it('is recognized in a directory that was made for several', async () => {
    const init = { cwd: emptyDirectory(), output: 'new' }
    expect(await offeredAgain({ a: 'a', b: 'b' }, init)).toEqual({ sent: 0, skipped: [] })
  })

  it('is recognized in the place of what was overwritten', async () => {
    const init = { cwd: furnished({ a: 'old' }), existing: 'overwrite' } as const
    expect(await offeredAgain({ a: 'new' }, init)).toEqual({ sent: 0, skipped: [] })
  })

  it('is recognized in a tree that was brought up to date', async () => {
    const init = { cwd: furnished({ 'd/long': 'old', 'd/more': 'more' }), update: true }
    expect(await offeredAgain(TREE, init)).toEqual({ sent: 0, skipped: [] })
  })

  it('is left out where it was left out', async () => {
    const init = { cwd: furnished({ 'd/long': 'old' }), existing: 'skip' } as const
    const skipped = ['d/long', 'd/sub/a']
    expect(await offeredAgain(TREE, init)).toEqual({ sent: 0, skipped })
  })
})

describe('what is offered and is not what was saved', () => {
  it.each<[string, Contents]>([
    ['a block that differs', { ...TREE, 'd/long': Buffer.alloc(LONG.length, 'other') }],
    ['a file that is longer', { ...TREE, 'd/long': Buffer.concat([LONG, LONG]) }],
    ['a file that is shorter', { ...TREE, 'd/long': LONG.subarray(0, 2 * BLOCK) }],
    ['a file that was empty', { ...TREE, 'd/empty': 'x' }],
    ['one more', { ...TREE, 'd/sub/b': '' }],
    ['one less', { d: null, 'd/long': LONG, 'd/empty': '' }],
  ])('is refused: %s', async (_, again) => {
    await failure(offeredAgain(TREE, { cwd: emptyDirectory() }, again), 'file-changed')
  })

  it('is refused where the saved file is another one by now', async () => {
    const cwd = emptyDirectory()
    const tree = await saved({ a: 'a', b: 'b' }, { cwd })
    writeFileSync(join(cwd, 'a'), 'b')
    await failure(transfer(tree, { a: 'a', b: 'b' }), 'file-changed')
  })

  it('is refused as a root that was not among the others', async () => {
    const cwd = furnished({ secret: 'secret' })
    const tree = await saved({ a: 'a', b: 'b' }, { cwd })
    await failure(tree.list(0, [file('secret', 6)]), 'file-changed')
  })

  it.each(['../secret', '/secret', 'd/../../secret'])('is refused as %s', async (path) => {
    const tree = await saved({ a: 'a', b: 'b' }, { cwd: furnished({ secret: 'secret' }) })
    await failure(tree.list(0, [file(path, 6)]), 'unsafe-name')
  })

  it('is not compared with files of others, which the sender would learn of', async () => {
    const init = { cwd: furnished({ 'd/secret': 'secret' }), existing: 'overwrite' } as const
    await failure(saved(TREE, init), 'file-exists')
  })
})
