import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { planIncoming } from '../../src/files/incoming-plan.ts'
import { assertRoom } from '../../src/files/room.ts'
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

/** Where one file that is offered goes; refused where something is already. */
async function destinationOf(request: {
  output?: string | undefined
  offeredName: string
  cwd: string
}): Promise<{ path: string; directory: string }> {
  const { output, offeredName: name, cwd } = request
  const { signal } = new AbortController()
  const offer = { name, kind: 'file', files: 1, bytes: 1 } as const
  const how = { existing: 'refuse', update: false, signal } as const
  const plan = await planIncoming(offer, { output, cwd, ...how })
  return { path: plan.target, directory: plan.directory }
}

describe('the destination', () => {
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
    const found = await destinationOf({ output, offeredName: 'offered.txt', cwd })
    expect(relative(cwd, found.path)).toBe(expected)
    expect(dirname(found.path)).toBe(found.directory)
    expect(snapshot(cwd)).toEqual(before)
  })

  it('takes an absolute path', async () => {
    const directory = furnishedDirectory()
    const output = join(directory, 'sub')
    const found = await destinationOf({ output, offeredName: 'x', cwd: '/' })
    expect(found.path).toBe(join(directory, 'sub', 'x'))
  })

  it.each(['existing', 'sub', 'to-directory', 'to-file', 'dangling', 'pipe'])(
    'does not touch what is there already when %s is offered',
    async (offeredName) => {
      const cwd = furnishedDirectory()
      const before = snapshot(cwd)
      const error = await failure(destinationOf({ offeredName, cwd }), 'file-exists')
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
      await failure(destinationOf({ output, offeredName: 'x', cwd }), 'file-exists')
      expect(snapshot(cwd)).toEqual(before)
    },
  )

  it('does not touch a socket', async () => {
    const cwd = realpathSync(scratchDirectory())
    const server = createServer().listen(join(cwd, 'socket'))
    onTestFinished(() => void server.close())
    await new Promise((resolve) => server.once('listening', resolve))
    const error = await failure(destinationOf({ offeredName: 'socket', cwd }), 'file-exists')
    expect(error.message).toContain('There is a socket at')
  })

  it.each(UNSAFE_NAMES)(
    'refuses the offered name %j wherever it would be used',
    async (offeredName) => {
      const cwd = furnishedDirectory()
      const before = snapshot(cwd)
      for (const output of [undefined, '.', 'sub', 'sub/', 'to-directory', 'to-directory/']) {
        await failure(destinationOf({ output, offeredName, cwd }), 'unsafe-name')
      }
      const chosen = await destinationOf({ output: 'sub/chosen', offeredName, cwd })
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
    await failure(destinationOf({ output, offeredName: 'x', cwd }), code)
  })

  it.skipIf(process.geteuid?.() === 0)(
    'refuses a directory that is not ours to write',
    async () => {
      const cwd = furnishedDirectory()
      chmodSync(join(cwd, 'sub'), 0o555)
      await failure(destinationOf({ output: 'sub', offeredName: 'x', cwd }), 'permission')
    },
  )

  it('refuses a directory of a read-only file system', async (context) => {
    const cwd = smallFileSystem(1 << 20, context)
    execFileSync('mount', ['-o', 'remount,ro', cwd])
    const error = await failure(destinationOf({ offeredName: 'x', cwd }), 'permission')
    expect(error.message).toBe(`Could not save into "${cwd}": read-only file system`)
  })

  it('says how much room is needed and how much there is', async () => {
    const bytes = 2 ** 52
    const cwd = scratchDirectory()
    const error = await failure(assertRoom(cwd, bytes), 'disk-full')
    expect(error.message).toMatch(/: 4,294,967,296 MiB are needed, [\d,]+ MiB are free$/)
  })

  it('takes a file that just fits', async (context) => {
    const cwd = smallFileSystem(1 << 20, context)
    await assertRoom(cwd, 1 << 20)
    expect((await failure(assertRoom(cwd, (1 << 20) + 1), 'disk-full')).message).toMatch(
      /: 2 MiB are needed, 1 MiB are free$/,
    )
  })
})
