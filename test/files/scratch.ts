import { execFileSync } from 'node:child_process'
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, type TestContext } from 'vitest'
import { type ErrorCode, ShareError } from '../../src/errors.ts'

/** A fresh directory that is gone after the test, readable for every user. */
export function scratchDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'p2pshare-test-'))
  execFileSync('chmod', ['755', path])
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/**
 * A directory in a fresh file system of `bytes` bytes. Skips the test where mounting is not
 * allowed, except in CI, where it has to be.
 */
export function smallFileSystem(bytes: number, { skip }: Pick<TestContext, 'skip'>): string {
  const path = join(scratchDirectory(), 'mounted')
  mkdirSync(path)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', path], { stdio: 'pipe' })
  } catch (thrown) {
    if (process.env['CI']) throw thrown
    return skip('mounting is not allowed')
  }
  onTestFinished(() => void execFileSync('umount', ['-l', path]))
  return path
}

/** Everything below `path`, with kinds, permissions and contents, to be compared. */
export function snapshot(path: string): string[] {
  return readdirSync(path)
    .sort()
    .flatMap((name) => {
      const entry = join(path, name)
      const stats = lstatSync(entry)
      const line = `${name} ${stats.mode.toString(8)}`
      if (stats.isDirectory()) return [line, ...snapshot(entry).map((below) => `${name}/${below}`)]
      if (stats.isSymbolicLink()) return [`${line} ${readlinkSync(entry)}`]
      return [stats.isFile() ? `${line} ${readFileSync(entry, 'base64')}` : line]
    })
}

/**
 * Runs `work` without the rights of root: as the user nobody, where the tests run as root. `access`
 * still answers for root then.
 */
export async function asOrdinaryUser<Result>(work: () => Promise<Result>): Promise<Result> {
  if (process.geteuid?.() !== 0) return work()
  const nobody = 65_534
  process.setegid?.(nobody)
  process.seteuid?.(nobody)
  try {
    return await work()
  } finally {
    process.seteuid?.(0)
    process.setegid?.(0)
  }
}

/** The ShareError that `work` fails with; it must have `code`. */
export async function failure(work: Promise<unknown>, code: ErrorCode): Promise<ShareError> {
  const thrown: unknown = await work.then(
    () => expect.fail(`did not fail with ${code}`),
    (reason: unknown) => reason,
  )
  if (!(thrown instanceof ShareError)) throw thrown
  expect(thrown).toHaveProperty('code', code)
  return thrown
}
