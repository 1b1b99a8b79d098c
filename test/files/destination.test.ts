import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, relative } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { resolveDestination } from '../../src/files/destination.ts'
import { UNSAFE_NAMES } from './names.ts'
import { failure, scratchDirectory, smallFileSystem, snapshot } from './scratch.ts'

/** A directory with one of everything in it. */
function furnishedDirectory(): string {
  const directory = realpathSync(scratchDirectory())
  mkdirSync(join(directory, 'sub'))
  writeFileSync(join(directory, 'existing'), 'precious')
  symlinkSync('sub', join(directory, 'to-directory'))
  symlinkSync('existing', join(directory, 'to-file'))
  symlinkSync('nowhere', join(directory, 'dangling'))
  execFileSync('mkfifo', [join(directory, 'pipe')])
  return directory
}

describe('resolveDestination', () => {
  it.each([
    ['the current directory under the offered name', undefined, 'offered.txt'],
    ['an existing directory', 'sub', 'sub/offered.txt'],
    ['an existing directory written with a separator', 'sub/', 'sub/offered.txt'],
    ['an existing directory behind a symbolic link', 'to-directory', 'sub/offered.txt'],
    ['the current directory by its name', '.', 'offered.txt'],
    ['a new name', 'new.txt', 'new.txt'],
    ['a new name in another directory', 'sub/new.txt', 'sub/new.txt'],
    ['a new name behind a symbolic link', 'to-directory/new.txt', 'sub/new.txt'],
    ['a name of the user that Windows would not take', 'a:b.', 'a:b.'],
  ])('chooses %s', async (_what, output, expected) => {
    const cwd = furnishedDirectory()
    const before = snapshot(cwd)
    const found = await resolveDestination({ output, offeredName: 'offered.txt', cwd, bytes: 1 })
    expect(relative(cwd, found.path)).toBe(expected)
    expect(join(found.directory, found.name)).toBe(found.path)
    expect(snapshot(cwd)).toEqual(before)
  })

  it('takes an absolute path', async () => {
    const directory = furnishedDirectory()
    const output = join(directory, 'sub')
    const found = await resolveDestination({ output, offeredName: 'x', cwd: '/' })
    expect(found.path).toBe(join(directory, 'sub', 'x'))
  })

  it.each(['existing', 'sub', 'to-directory', 'to-file', 'dangling', 'pipe'])(
    'does not touch what is there already when %s is offered',
    async (offeredName) => {
      const cwd = furnishedDirectory()
      const before = snapshot(cwd)
      const error = await failure(resolveDestination({ offeredName, cwd }), 'file-exists')
      expect(error.message).toContain(join(cwd, offeredName))
      expect(error.hint).toContain('--output')
      expect(snapshot(cwd)).toEqual(before)
    },
  )

  it.each(['existing', 'to-file', 'dangling', 'pipe', 'to-directory/../existing'])(
    'does not touch what is there already when the user chooses %s',
    async (output) => {
      const cwd = furnishedDirectory()
      const before = snapshot(cwd)
      await failure(resolveDestination({ output, offeredName: 'x', cwd }), 'file-exists')
      expect(snapshot(cwd)).toEqual(before)
    },
  )

  it('does not touch a socket', async () => {
    const cwd = realpathSync(scratchDirectory())
    const server = createServer().listen(join(cwd, 'socket'))
    onTestFinished(() => void server.close())
    await new Promise((resolve) => server.once('listening', resolve))
    const error = await failure(resolveDestination({ offeredName: 'socket', cwd }), 'file-exists')
    expect(error.message).toContain('There is a socket at')
  })

  it.each(UNSAFE_NAMES)(
    'refuses the offered name %j wherever it would be used',
    async (offeredName) => {
      const cwd = furnishedDirectory()
      const before = snapshot(cwd)
      for (const output of [undefined, '.', 'sub', 'sub/', 'to-directory', 'to-directory/']) {
        await failure(resolveDestination({ output, offeredName, cwd }), 'unsafe-name')
      }
      const chosen = await resolveDestination({ output: 'sub/chosen', offeredName, cwd })
      expect(chosen.path).toBe(join(cwd, 'sub', 'chosen'))
      expect(snapshot(cwd)).toEqual(before)
    },
  )

  it.each([
    ['no such directory', 'missing/', 'not-found'],
    ['no such parent', 'missing/new.txt', 'not-found'],
    ['no such parent, however many there are', 'missing/too/new.txt', 'not-found'],
    ['a file for a directory', 'existing/', 'file-failed'],
    ['a file for a parent', 'existing/new.txt', 'file-failed'],
    ['an empty path', '', 'usage'],
    ['a name longer than the file system takes', 'x'.repeat(300), 'file-failed'],
  ] as const)('refuses %s', async (_what, output, code) => {
    const cwd = furnishedDirectory()
    await failure(resolveDestination({ output, offeredName: 'x', cwd }), code)
  })

  it.skipIf(process.geteuid?.() === 0)(
    'refuses a directory that is not ours to write',
    async () => {
      const cwd = furnishedDirectory()
      chmodSync(join(cwd, 'sub'), 0o555)
      await failure(resolveDestination({ output: 'sub', offeredName: 'x', cwd }), 'permission')
    },
  )

  it('refuses a directory of a read-only file system', async (context) => {
    const cwd = smallFileSystem(1 << 20, context)
    execFileSync('mount', ['-o', 'remount,ro', cwd])
    const error = await failure(resolveDestination({ offeredName: 'x', cwd }), 'permission')
    expect(error.message).toBe(`Could not save into "${cwd}": read-only file system`)
  })

  it('says how much room is needed and how much there is', async () => {
    const bytes = 2 ** 52
    const cwd = scratchDirectory()
    const error = await failure(resolveDestination({ offeredName: 'x', cwd, bytes }), 'disk-full')
    expect(error.message).toMatch(/: 4,294,967,296 MiB are needed, [\d,]+ MiB are free$/)
  })

  it('takes a file that just fits', async (context) => {
    const cwd = smallFileSystem(1 << 20, context)
    await resolveDestination({ offeredName: 'x', cwd, bytes: 1 << 20 })
    const larger = { offeredName: 'x', cwd, bytes: (1 << 20) + 1 }
    expect((await failure(resolveDestination(larger), 'disk-full')).message).toMatch(
      /: 2 MiB are needed, 1 MiB are free$/,
    )
  })
})
