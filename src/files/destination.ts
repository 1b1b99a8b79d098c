import { constants } from 'node:fs'
import { access, lstat, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { ShareError } from '../errors.ts'
import { printable } from '../printable.ts'
import { fileExists, isSystemError, withFileErrors } from './file-error.ts'
import { fileKind } from './file-kind.ts'
import { assertRoom } from './room.ts'
import { assertSafeName } from './safe-name.ts'

/** Where a received file is going to be; nothing is there yet. */
export interface Destination {
  /** Absolute and without symbolic links, so that none can be slipped in later unnoticed. */
  directory: string
  name: string
  /** `name` in `directory`. */
  path: string
}

export interface DestinationRequest {
  /** What the user chose: an existing directory or the new file's name. */
  output?: string | undefined
  /** What the sender calls the file; not trusted. */
  offeredName: string
  /** What relative paths start from. */
  cwd: string
  /** The file's size, where the room for it is to be checked. */
  bytes?: number | undefined
}

/**
 * Decides where a received file goes, without writing anything: into `cwd`, into the directory
 * `output`, or under the name `output`. A name that the user chose may be anything that the system
 * takes; an offered one must be safe.
 * Throws `unsafe-name`, `file-exists` (for anything at all, dangling symbolic links too),
 * `not-found`, `permission`, `disk-full` or `file-failed`.
 */
export async function resolveDestination(request: DestinationRequest): Promise<Destination> {
  const { parent, name } = await chooseName(request)
  const directory = await checkDirectory(parent)
  const path = join(directory, name)
  await assertNothingAt(path)
  if (request.bytes !== undefined) await assertRoom(directory, request.bytes)
  return { directory, name, path }
}

async function chooseName(request: DestinationRequest): Promise<{ parent: string; name: string }> {
  const { output, offeredName, cwd } = request
  if (output === undefined) return { parent: cwd, name: assertSafeName(offeredName) }
  if (output === '') throw new ShareError('usage', 'The path after --output is empty')
  const path = resolve(cwd, output)
  if (endsInSeparator(output) || (await isDirectory(path))) {
    return { parent: path, name: assertSafeName(offeredName) }
  }
  return { parent: dirname(path), name: basename(path) }
}

function endsInSeparator(path: string): boolean {
  return path.endsWith('/') || (process.platform === 'win32' && path.endsWith('\\'))
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (thrown) {
    // What else is wrong with it shows when it is looked at as a new name.
    if (isSystemError(thrown)) return false
    throw thrown
  }
}

async function checkDirectory(path: string): Promise<string> {
  return withFileErrors('save into', path, async () => {
    const directory = await realpath(path)
    const stats = await stat(directory)
    if (!stats.isDirectory()) {
      throw new ShareError(
        'file-failed',
        `Could not save into "${printable(path)}": it is ${fileKind(stats)}`,
        { hint: 'Choose a directory with --output.' },
      )
    }
    await access(directory, constants.W_OK | constants.X_OK)
    return directory
  })
}

async function assertNothingAt(path: string): Promise<void> {
  const stats = await withFileErrors('look at', path, async () => {
    try {
      return await lstat(path)
    } catch (thrown) {
      if (isSystemError(thrown, 'ENOENT')) return undefined
      throw thrown
    }
  })
  if (stats !== undefined) throw fileExists(path, fileKind(stats))
}
