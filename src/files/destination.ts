import { constants } from 'node:fs'
import { access, realpath, stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { ShareError } from '../errors.ts'
import { printable } from '../printable.ts'
import { isSystemError, withFileErrors } from './file-error.ts'
import { fileKind } from './file-kind.ts'
import { assertSafeName } from './safe-name.ts'

export interface DestinationRequest {
  /** What the user chose: an existing directory or the new name. */
  output?: string | undefined
  /** What the sender calls it; not trusted. Undefined where it brings several names with it. */
  offeredName: string | undefined
  /** What relative paths start from. */
  cwd: string
}

/**
 * The directory in which something new is to be, without symbolic links, and the name it gets there:
 * undefined where it brings several names with it and goes into an existing directory.
 * Throws `unsafe-name`, `usage`, `not-found`, `permission` or `file-failed`.
 */
export async function chooseDestination(
  request: DestinationRequest,
): Promise<{ directory: string; name: string | undefined }> {
  const { parent, name } = await chooseName(request)
  return { directory: await checkDirectory(parent), name }
}

async function chooseName(
  request: DestinationRequest,
): Promise<{ parent: string; name: string | undefined }> {
  const { output, offeredName, cwd } = request
  const safeName = () => (offeredName === undefined ? offeredName : assertSafeName(offeredName))
  if (output === undefined) return { parent: cwd, name: safeName() }
  if (output === '') throw new ShareError('usage', 'The path after --output is empty')
  const path = resolve(cwd, output)
  if (endsInSeparator(output) || (await isDirectory(path))) {
    return { parent: path, name: safeName() }
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
