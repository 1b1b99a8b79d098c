import {
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ShareError } from '../../src/errors.ts'
import { createStaging } from '../../src/files/staging.ts'
import { failure, scratchDirectory, snapshot } from './scratch.ts'

interface Swappable {
  directory: string
  outside: string
  /** Puts a symbolic link to `outside` in the place of `directory`. */
  swap(): void
  swapBack(): void
}

function swappable(): Swappable {
  const root = realpathSync(scratchDirectory())
  const [directory, aside, outside] = [
    join(root, 'here'),
    join(root, 'aside'),
    join(root, 'outside'),
  ]
  mkdirSync(directory)
  mkdirSync(outside)
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

const ATTRIBUTES = { mode: 0o644, modifiedMs: 0 }

describe('a destination swapped for a symbolic link', () => {
  it.runIf(process.platform === 'linux')('does not lead the file astray on Linux', async () => {
    const { directory, outside, swap, swapBack } = swappable()
    const staging = await createStaging({ directory, key: 'key', bytes: 8 })
    swap()
    await staging.write(0, [Buffer.from('contents')])
    await staging.publish({ path: join(directory, 'file'), ...ATTRIBUTES })
    expect(readdirSync(outside)).toEqual([])
    swapBack()
    expect(readdirSync(directory)).toEqual(['file'])
    expect(readFileSync(join(directory, 'file'), 'utf8')).toBe('contents')
  })

  it.each(['darwin', 'freebsd'] as const)(
    'is noticed before publishing on %s',
    async (platform) => {
      pretendPlatform(platform)
      const { directory, outside, swap, swapBack } = swappable()
      const staging = await createStaging({ directory, key: 'key', bytes: 8 })
      await staging.write(0, [Buffer.from('contents')])
      swap()
      const path = join(directory, 'file')
      const error = await failure(staging.publish({ path, ...ATTRIBUTES }), 'file-failed')
      expect(error.message).toMatch(/was replaced in the meantime$/)
      expect(readdirSync(outside)).toEqual([])
      swapBack()
      await staging.publish({ path, ...ATTRIBUTES })
      expect(readdirSync(directory)).toEqual(['file'])
    },
  )

  it.runIf(process.platform === 'linux')('never leads anything astray in 500 swaps', async () => {
    const { directory, outside, swap, swapBack } = swappable()
    const before = snapshot(outside)
    let isSwapping = true
    let published = 0
    const swapping = (async () => {
      for (let round = 0; round < 500; round++) {
        swap()
        await new Promise((resolve) => setImmediate(resolve))
        swapBack()
        await new Promise((resolve) => setImmediate(resolve))
      }
      isSwapping = false
    })()
    while (isSwapping) {
      const path = join(directory, `file-${published}`)
      try {
        const staging = await createStaging({ directory, key: 'key', bytes: 8 })
        await staging.write(0, [Buffer.from('contents')])
        await staging.publish({ path, ...ATTRIBUTES })
        published++
      } catch (thrown) {
        // A link where the directory should be is refused; that is as good.
        expect(thrown).toBeInstanceOf(ShareError)
      }
    }
    await swapping
    expect(snapshot(outside)).toEqual(before)
    expect(published).toBeGreaterThan(0)
    const files = readdirSync(directory)
    expect(files).toHaveLength(published)
    for (const name of files) {
      expect(readFileSync(join(directory, name), 'utf8')).toBe('contents')
    }
  })
})
