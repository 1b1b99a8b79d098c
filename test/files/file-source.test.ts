import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ShareError } from '../../src/errors.ts'
import { type FileSource, openFileSource } from '../../src/files/file-source.ts'
import { asOrdinaryUser, failure, scratchDirectory } from './scratch.ts'

async function openFile(contents: string): Promise<{ path: string; source: FileSource }> {
  const path = join(scratchDirectory(), 'file.txt')
  writeFileSync(path, contents)
  utimesSync(path, 1_700_000_000, 1_700_000_000.25)
  chmodSync(path, 0o640)
  const source = await openFileSource(path)
  onTestFinished(() => source.close())
  return { path, source }
}

describe('openFileSource', () => {
  it('tells what a file is and reads any range of it', async () => {
    const { source } = await openFile('0123456789')
    expect(source).toMatchObject({
      name: 'file.txt',
      bytes: 10,
      mode: 0o640,
      modifiedMs: 1_700_000_000_250,
    })
    expect(await textAt(source, 3, 4)).toBe('3456')
    expect(await textAt(source, 0, 10)).toBe('0123456789')
    expect(await textAt(source, 10, 0)).toBe('')
    await source.assertUnchanged()
  })

  it('opens an empty file', async () => {
    const { source } = await openFile('')
    expect(source.bytes).toBe(0)
    expect(await textAt(source, 0, 0)).toBe('')
  })

  it('drops every bit of the mode that is not a permission', async () => {
    const path = join(scratchDirectory(), 'file')
    writeFileSync(path, '')
    chmodSync(path, 0o6755)
    const source = await openFileSource(path)
    onTestFinished(() => source.close())
    expect(source.mode).toBe(0o755)
  })

  it('follows a symbolic link and keeps the name that the user gave', async () => {
    const directory = scratchDirectory()
    writeFileSync(join(directory, 'target'), 'contents')
    symlinkSync('target', join(directory, 'link'))
    const source = await openFileSource(join(directory, 'link'))
    onTestFinished(() => source.close())
    expect(source).toMatchObject({ name: 'link', bytes: 8 })
    await source.assertUnchanged()
  })

  it.each([
    [-1, 1],
    [0, 11],
    [10, 1],
    [0.5, 1],
    [0, -1],
    [Number.NaN, 1],
    [0, Number.NaN],
    [2 ** 53, 0],
  ])('does not read %d, %d of ten bytes', async (offset, length) => {
    const { source } = await openFile('0123456789')
    await expect(async () => source.read(offset, { length } as Uint8Array)).rejects.toThrow(
      TypeError,
    )
  })

  it('refuses a directory', async () => {
    const error = await failure(openFileSource(scratchDirectory()), 'not-a-file')
    expect(error.message).toMatch(/" is a directory$/)
  })

  it('refuses a named pipe without waiting for its other end', async () => {
    const path = join(scratchDirectory(), 'pipe')
    execFileSync('mkfifo', [path])
    expect((await failure(openFileSource(path), 'not-a-file')).message).toMatch(/a named pipe$/)
  })

  it('refuses a socket', async () => {
    const path = join(scratchDirectory(), 'socket')
    const server = createServer().listen(path)
    onTestFinished(() => void server.close())
    await new Promise((resolve) => server.once('listening', resolve))
    expect((await failure(openFileSource(path), 'not-a-file')).message).toMatch(/a socket$/)
  })

  it('refuses a device', async () => {
    expect((await failure(openFileSource('/dev/zero'), 'not-a-file')).message).toMatch(/a device$/)
  })

  it('refuses a link to something that is no file', async () => {
    const path = join(scratchDirectory(), 'link')
    symlinkSync('/dev/zero', path)
    await failure(openFileSource(path), 'not-a-file')
  })

  it('says when there is no such file', async () => {
    const directory = scratchDirectory()
    symlinkSync('nowhere', join(directory, 'dangling'))
    await failure(openFileSource(join(directory, 'missing')), 'not-found')
    await failure(openFileSource(join(directory, 'dangling')), 'not-found')
  })

  it('says when a file may not be read', async () => {
    const path = join(scratchDirectory(), 'secret')
    writeFileSync(path, 'secret')
    chmodSync(path, 0)
    await asOrdinaryUser(() => failure(openFileSource(path), 'permission'))
  })

  it('opens nothing once aborted, and says why', async () => {
    const reason = new ShareError('stopped-sigint', 'Stopped')
    await expect(openFileSource('/dev/null', AbortSignal.abort(reason))).rejects.toBe(reason)
  })
})

describe('a file that changes while it is sent', () => {
  it('is noticed when a range is gone', async () => {
    const { path, source } = await openFile('0123456789')
    truncateSync(path, 5)
    expect(await textAt(source, 0, 5)).toBe('01234')
    await failure(textAt(source, 3, 4), 'file-changed')
  })

  it.each([
    ['grew', (path: string) => appendFileSync(path, 'x')],
    ['shrank', (path: string) => truncateSync(path, 9)],
    ['was written to', (path: string) => writeFileSync(path, 'abcdefghij')],
    ['was removed', (path: string) => rmSync(path)],
    [
      'was replaced by one of the same size and time',
      (path: string) => {
        writeFileSync(`${path}.new`, 'abcdefghij')
        utimesSync(`${path}.new`, 1_700_000_000, 1_700_000_000.25)
        renameSync(`${path}.new`, path)
      },
    ],
    [
      'was replaced by a directory',
      (path: string) => {
        rmSync(path)
        mkdirSync(path)
      },
    ],
  ])('is noticed when it %s', async (_what, change) => {
    const { path, source } = await openFile('0123456789')
    change(path)
    const error = await failure(source.assertUnchanged(), 'file-changed')
    expect(error.message).toContain(path)
  })
})

async function textAt(source: FileSource, offset: number, length: number): Promise<string> {
  const buffer = Buffer.alloc(length)
  await source.read(offset, buffer)
  return buffer.toString()
}
