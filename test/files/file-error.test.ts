import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { ShareError } from '../../src/errors.ts'
import { fileError, isSystemError, withFileErrors } from '../../src/files/file-error.ts'
import { failure } from './scratch.ts'

function systemError(code: string, errno: number): Error {
  return Object.assign(new Error(`${code}: as Node words it`), { code, errno, syscall: 'open' })
}

describe('fileError', () => {
  it.each([
    ['ENOSPC', -28, 'disk-full', 'no space left on device'],
    ['EACCES', -13, 'permission', 'permission denied'],
    ['EPERM', -1, 'permission', 'operation not permitted'],
    ['EROFS', -30, 'permission', 'read-only file system'],
    ['ENOENT', -2, 'not-found', 'no such file or directory'],
    ['EEXIST', -17, 'file-exists', 'file already exists'],
    ['EIO', -5, 'file-failed', 'i/o error'],
    ['EDQUOT', -122, 'disk-full', 'EDQUOT'],
    ['EWEIRD', -9999, 'file-failed', 'EWEIRD'],
  ])('says what %s means', (code, errno, expected, reason) => {
    const cause = systemError(code, errno)
    const error = fileError(cause, 'write', '/tmp/x')
    expect(error.code).toBe(expected)
    expect(error.message).toBe(`Could not write "/tmp/x": ${reason}`)
    expect(error.exit).toBe(8)
    expect(error.hint).not.toBe('')
    expect(error.cause).toBe(cause)
  })

  it('escapes the path', () => {
    expect(fileError(systemError('EIO', -5), 'read', 'a\x1b[2J').message).toContain('a\\u{1b}[2J')
  })

  it('passes a ShareError through and calls everything else a bug', () => {
    const shareError = new ShareError('file-changed', 'It changed')
    expect(fileError(shareError, 'read', 'x')).toBe(shareError)
    expect(fileError(new TypeError('bug'), 'read', 'x').code).toBe('internal')
    expect(isSystemError(new TypeError('bug'))).toBe(false)
  })

  it('wraps what a call to the file system throws', async () => {
    const missing = '/nonexistent/file'
    const error = await failure(
      withFileErrors('read', missing, () => readFile(missing)),
      'not-found',
    )
    expect(error.message).toBe('Could not read "/nonexistent/file": no such file or directory')
  })
})
