import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { abortReason, ShareError } from '../errors.ts'
import { CODE_FILE_TIMEOUT_MS, MAX_CODE_LENGTH } from '../limits.ts'

/** A code, its line end, and one byte that is too many. */
const MAX_BYTES = 4 * MAX_CODE_LENGTH
const POLL_MS = 20
const OTHERS_MAY_READ = 0o044

export interface CodeFile {
  code: string
  /** What is unwise about the file, if anything is. */
  warning?: string
}

/**
 * The code in the file at `path`, which may be a pipe. Throws ShareErrors: `not-found`, `permission`
 * and `file-failed` for the file, `usage` where it has no code or more, and why `signal` was aborted.
 */
export async function readCodeFile(path: string, signal: AbortSignal): Promise<CodeFile> {
  if (path === '-') {
    throw new ShareError('usage', 'A code file has a path', {
      hint: 'Standard input is --code-file /dev/stdin.',
    })
  }
  const file = await openUnblocked(path)
  try {
    const status = await file.stat()
    const lines = (await readAll(file, path, signal)).split('\n').map((line) => line.trim())
    const [code, ...others] = lines.filter((line) => line !== '')
    if (code === undefined) throw new ShareError('usage', `"${path}" has no code in it`)
    if (others.length > 0) throw new ShareError('usage', `"${path}" has more than one line`)
    // Elsewhere the bits mean nothing.
    const isShared =
      process.platform !== 'win32' && status.isFile() && status.mode & OTHERS_MAY_READ
    if (!isShared) return { code }
    return { code, warning: `Other users of this machine may read "${path}"; chmod 600 helps` }
  } catch (thrown) {
    throw thrown instanceof ShareError ? thrown : fileError(path, thrown)
  } finally {
    await file.close()
  }
}

/** A pipe that nobody writes to must not hold the program up. */
async function openUnblocked(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (thrown) {
    throw fileError(path, thrown)
  }
}

async function readAll(file: FileHandle, path: string, signal: AbortSignal): Promise<string> {
  const bytes = Buffer.alloc(MAX_BYTES)
  const untilMs = performance.now() + CODE_FILE_TIMEOUT_MS
  for (let length = 0; length < bytes.length; ) {
    if (signal.aborted) throw abortReason(signal)
    const read = await file.read(bytes, length, bytes.length - length).catch(whenReady)
    if (read?.bytesRead === 0) return bytes.toString('utf8', 0, length)
    length += read?.bytesRead ?? 0
    if (performance.now() > untilMs) throw new ShareError('usage', `"${path}" does not end`)
    if (read === undefined) await pause(POLL_MS)
  }
  throw new ShareError('usage', `"${path}" is too long for a code`)
}

/** Undefined where there is nothing to read yet. */
function whenReady(thrown: unknown): undefined {
  if (codeOf(thrown) !== 'EAGAIN') throw thrown
}

function fileError(path: string, thrown: unknown): ShareError {
  const code = codeOf(thrown)
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  const init = { hint: 'Check --code-file.', cause: thrown }
  if (code === 'ENOENT') return new ShareError('not-found', `There is no file "${path}"`, init)
  if (code === 'EACCES') return new ShareError('permission', `"${path}" may not be read`, init)
  return new ShareError('file-failed', `"${path}" cannot be read: ${message}`, init)
}

function codeOf(thrown: unknown): unknown {
  return thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
}
