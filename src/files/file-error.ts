import { getSystemErrorMap } from 'node:util'
import { type ErrorCode, ShareError, toShareError } from '../errors.ts'
import { printable } from '../printable.ts'

const CODES: Record<string, ErrorCode> = {
  ENOSPC: 'disk-full',
  EDQUOT: 'disk-full',
  EACCES: 'permission',
  EPERM: 'permission',
  EROFS: 'permission',
  ENOENT: 'not-found',
  EEXIST: 'file-exists',
}

/** Whether `thrown` is what the operating system answered, with one of `codes` where there are any. */
export function isSystemError(
  thrown: unknown,
  ...codes: string[]
): thrown is NodeJS.ErrnoException & { code: string } {
  if (!(thrown instanceof Error) || !('code' in thrown) || !('syscall' in thrown)) return false
  if (typeof thrown.code !== 'string') return false
  return codes.length === 0 || codes.includes(thrown.code)
}

/**
 * What went wrong with the file system, as a ShareError: `action` says what was being done with
 * `path` ("read", "create a file in"). ShareErrors pass through; what is no system error is a bug.
 */
export function fileError(thrown: unknown, action: string, path: string): ShareError {
  if (!isSystemError(thrown)) return toShareError(thrown)
  const [, reason = thrown.code] = getSystemErrorMap().get(thrown.errno ?? 0) ?? []
  return new ShareError(
    CODES[thrown.code] ?? 'file-failed',
    `Could not ${action} "${printable(path)}": ${reason}`,
    { cause: thrown },
  )
}

/** The refusal to put anything at `path`, where `kind` of thing is already. */
export function fileExists(path: string, kind: string, cause?: unknown): ShareError {
  return new ShareError('file-exists', `There is ${kind} at "${printable(path)}" already`, {
    cause,
  })
}

/** Runs `work`; what it throws comes out as `fileError` puts it. */
export async function withFileErrors<Result>(
  action: string,
  path: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (thrown) {
    throw fileError(thrown, action, path)
  }
}
