import { randomBytes } from 'node:crypto'
import { mkdir, open, realpath, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ShareError } from '../errors.ts'

/**
 * Puts `entries` in the place of what is in the file at `path`, at once: nobody sees half of them.
 * Throws ShareError `permission`, `disk-full` or `file-failed`.
 */
export async function writeConfigFile(
  path: string,
  entries: Record<string, unknown>,
): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    // It may be a link to where somebody keeps such files.
    const target = await realpath(path).catch(() => path)
    const interim = `${target}.${randomBytes(6).toString('hex')}`
    try {
      await writeNewFile(interim, `${JSON.stringify(entries, undefined, 2)}\n`)
      await rename(interim, target)
    } catch (thrown) {
      await rm(interim, { force: true }).catch(() => {})
      throw thrown
    }
  } catch (thrown) {
    throw writeError(path, thrown)
  }
}

async function writeNewFile(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}

function writeError(path: string, thrown: unknown): ShareError {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
  const message = `${path} cannot be written: ${thrown instanceof Error ? thrown.message : thrown}`
  if (['ENOSPC', 'EDQUOT'].includes(code)) {
    return new ShareError('disk-full', message, { hint: 'Free some space.', cause: thrown })
  }
  const kind = ['EACCES', 'EPERM', 'EROFS'].includes(code) ? 'permission' : 'file-failed'
  return new ShareError(kind, message, { cause: thrown })
}
