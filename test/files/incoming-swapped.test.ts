import { mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, unlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ShareError } from '../../src/errors.ts'
import { isSystemError } from '../../src/files/file-error.ts'
import { planIncoming } from '../../src/files/incoming-plan.ts'
import { IncomingTree } from '../../src/files/incoming-tree.ts'
import { type Contents, emptyDirectory, open, transfer } from './incoming.ts'
import { failure, snapshot } from './scratch.ts'

interface Swappable {
  directory: string
  outside: string
  /** Puts a symbolic link to `outside` in the place of `directory`. */
  swap(): void
  swapBack(): void
}

/** `outside` has a `d` too, into which a merge could go astray. */
function swappable(): Swappable {
  const root = emptyDirectory()
  const [directory, aside, outside] = ['here', 'aside', 'outside'].map((name) =>
    join(root, name),
  ) as [string, string, string]
  mkdirSync(directory)
  mkdirSync(join(outside, 'd'), { recursive: true })
  return {
    directory,
    outside,
    swap: () => {
      renameSync(directory, aside)
      symlinkSync(outside, directory)
    },
    swapBack: () => {
      unlinkSync(directory)
      renameSync(aside, directory)
    },
  }
}

function pretendPlatform(platform: NodeJS.Platform): void {
  const actual = process.platform
  Object.defineProperty(process, 'platform', { value: platform })
  onTestFinished(() => void Object.defineProperty(process, 'platform', { value: actual }))
}

const TREE: Contents = { d: null, 'd/sub': null, 'd/sub/a': 'contents', 'd/b': 'contents' }

describe('a destination swapped for a symbolic link', () => {
  it.runIf(process.platform === 'linux')('does not lead a tree astray on Linux', async () => {
    const { directory, outside, swap, swapBack } = swappable()
    const before = snapshot(outside)
    const tree = await open(TREE, { cwd: directory })
    swap()
    await transfer(tree, TREE)
    await tree.publish()
    expect(snapshot(outside)).toEqual(before)
    swapBack()
    expect(readdirSync(directory)).toEqual(['d'])
    expect(readFileSync(join(directory, 'd/sub/a'), 'utf8')).toBe('contents')
  })

  it.each(['darwin', 'freebsd'] as const)(
    'is noticed before publishing on %s',
    async (platform) => {
      pretendPlatform(platform)
      const { directory, outside, swap, swapBack } = swappable()
      const before = snapshot(outside)
      const tree = await open(TREE, { cwd: directory })
      await transfer(tree, TREE)
      swap()
      const error = await failure(tree.publish(), 'file-failed')
      expect(error.message).toMatch(/was replaced in the meantime$/)
      expect(snapshot(outside)).toEqual(before)
      swapBack()
      await tree.publish()
      expect(readdirSync(directory)).toEqual(['d'])
    },
  )

  it.each([
    ['destination', (directory: string) => directory],
    ['directory that is merged into', (directory: string) => join(directory, 'd')],
    ['directory below it', (directory: string) => join(directory, 'd/sub')],
  ])(
    'never leads anything astray in 500 swaps of the %s',
    { timeout: 60_000, skip: process.platform !== 'linux' },
    async (_what, select) => {
      const root = emptyDirectory()
      const [directory, outside, aside] = ['here', 'outside', 'aside'].map((name) =>
        join(root, name),
      ) as [string, string, string]
      mkdirSync(join(directory, 'd/sub'), { recursive: true })
      mkdirSync(join(outside, 'd/sub'), { recursive: true })
      mkdirSync(join(outside, 'sub'))
      const before = snapshot(outside)
      const swapped = select(directory)
      // Before the swaps: where the user's own links lead is where it is to go.
      const offer = { name: 'd', kind: 'directory', files: 3, bytes: 24 } as const
      const plan = await planIncoming(offer, {
        output: undefined,
        cwd: directory,
        existing: 'overwrite',
        update: false,
        signal: new AbortController().signal,
      })
      let isSwapping = true
      let published = 0
      let made = 0
      /** Somebody may have made the missing directory meanwhile, which then counts as well. */
      const inPlace = (put: () => void) => {
        for (;;) {
          try {
            put()
            return
          } catch (thrown) {
            if (!isSystemError(thrown, 'EEXIST', 'ENOTEMPTY')) throw thrown
            renameSync(swapped, join(root, `made-${++made}`))
          }
        }
      }
      const swapping = (async () => {
        try {
          for (let round = 0; round < 500; round++) {
            renameSync(swapped, aside)
            inPlace(() => symlinkSync(outside, swapped))
            await new Promise((resolve) => setImmediate(resolve))
            unlinkSync(swapped)
            inPlace(() => renameSync(aside, swapped))
            // Now and then long enough for something to succeed.
            const pauseMs = round % 25 === 0 ? 40 : 0
            await new Promise((resolve) =>
              pauseMs ? setTimeout(resolve, pauseMs) : setImmediate(resolve),
            )
          }
        } finally {
          isSwapping = false
        }
      })()
      swapping.catch(() => {})
      while (isSwapping) {
        const contents = { ...TREE, [`d/sub/file-${published}`]: 'contents' }
        try {
          const tree = await IncomingTree.open(plan)
          try {
            await transfer(tree, contents)
            await tree.publish()
            published++
          } finally {
            await tree.discard()
          }
        } catch (thrown) {
          // A link where the directory should be is refused; that is as good.
          expect(thrown).toBeInstanceOf(ShareError)
        }
      }
      await swapping
      expect(snapshot(outside)).toEqual(before)
      expect(published).toBeGreaterThan(0)
      const saved = readdirSync(root, { recursive: true, encoding: 'utf8' }).map((path) =>
        basename(path),
      )
      const files = new Set(saved.filter((name) => name.startsWith('file-')))
      expect(files.size).toBeGreaterThanOrEqual(published)
    },
  )
})
