import { readdirSync, rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { CountedEntries } from '../../src/files/counted-entries.ts'
import type { WalkedEntry } from '../../src/files/walked-entry.ts'
import { COUNTED_KEPT_MS, MAX_COUNTED_KEPT_ENTRIES, RECENT_CHANGE_MS } from '../../src/limits.ts'
import { failure, scratchDirectory } from './scratch.ts'
import { listAll, openTree, plant, textOf } from './tree.ts'

const LONG_AGO_MS = Date.now() - 2 * RECENT_CHANGE_MS

/** A tree that nobody has changed lately. */
function oldTree(): string {
  const root = join(scratchDirectory(), 'tree')
  plant(root, { a: 'a', 'sub/b': 'b' })
  const below = readdirSync(root, { recursive: true, encoding: 'utf8' })
  for (const path of [...below, ''])
    utimesSync(join(root, path), LONG_AGO_MS / 1000, LONG_AGO_MS / 1000)
  return root
}

const PATHS = ['tree', 'tree/a', 'tree/sub', 'tree/sub/b']

describe('a list that begins right after counting', () => {
  it('has what was counted', async () => {
    const tree = await openTree(oldTree())
    await tree.totals
    const entries = await listAll(tree, 3)
    expect(entries.map(({ path }) => path).sort()).toEqual(PATHS)
    const file = entries.findIndex(({ path }) => path === 'tree/sub/b')
    expect(await textOf(tree, file, 1)).toBe('b')
  })

  it('does not look again, and reading notices what has changed', async () => {
    const root = oldTree()
    const tree = await openTree(root)
    await tree.totals
    rmSync(join(root, 'a'))
    const entries = await listAll(tree)
    const file = entries.findIndex(({ path }) => path === 'tree/a')
    await failure(textOf(tree, file, 1), 'file-changed')
  })

  it('looks again where it begins anew', async () => {
    const root = oldTree()
    const tree = await openTree(root)
    await tree.totals
    await listAll(tree)
    rmSync(join(root, 'a'))
    await tree.restart()
    expect(await listAll(tree)).toHaveLength(PATHS.length - 1)
  })

  it('looks again after a while', async () => {
    const root = oldTree()
    const tree = await openTree(root)
    await tree.totals
    rmSync(join(root, 'a'))
    await pause(COUNTED_KEPT_MS + 100)
    expect(await listAll(tree)).toHaveLength(PATHS.length - 1)
  })

  it.each(['', 'a', 'sub'])(
    'looks again where something was changed lately: "%s"',
    async (path) => {
      const root = oldTree()
      const now = Date.now() / 1000
      utimesSync(join(root, path), now, now)
      const tree = await openTree(root)
      await tree.totals
      rmSync(join(root, 'sub/b'))
      expect(await listAll(tree)).toHaveLength(PATHS.length - 1)
    },
  )
})

describe('what counting found', () => {
  const entry = { modifiedMs: LONG_AGO_MS } as WalkedEntry

  it('is of no use before it is whole', () => {
    const counted = new CountedEntries()
    counted.add([entry])
    expect(counted.take()).toBeUndefined()
  })

  it('is handed over once', () => {
    const counted = new CountedEntries()
    counted.add([entry])
    counted.end()
    expect(counted.take()).toEqual([[entry]])
    expect(counted.take()).toBeUndefined()
  })

  it('is kept up to a bound', () => {
    const counted = new CountedEntries()
    counted.add(Array<WalkedEntry>(MAX_COUNTED_KEPT_ENTRIES).fill(entry))
    counted.add([entry])
    counted.end()
    expect(counted.take()).toBeUndefined()
  })
})
