import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { ShareError, throwIfAborted } from '../errors.ts'
import { MAX_RECEIPT_LINE_BYTES, RECEIPT_PIECE_BYTES } from '../limits.ts'
import { printable } from '../printable.ts'
import { withFileErrors } from './file-error.ts'
import { fileKind } from './file-kind.ts'

const NEWLINE = 0x0a

/**
 * The lines of the file at `path`, one at a time, so that its size does not matter.
 * Throws `not-found`, `not-a-file`, `permission`, `file-failed` (where a line is too long for a
 * receipt, too), or why `signal` was aborted.
 */
export async function* readReceiptLines(path: string, signal: AbortSignal): AsyncGenerator<string> {
  const handle = await withFileErrors('open', path, () => openRegular(path))
  try {
    const buffer = Buffer.alloc(MAX_RECEIPT_LINE_BYTES + RECEIPT_PIECE_BYTES)
    /** How much of `buffer` was read and not yet handed out, from its beginning on. */
    let held = 0
    for (;;) {
      throwIfAborted(signal)
      const { bytesRead } = await withFileErrors('read', path, () =>
        handle.read(buffer, held, buffer.length - held, null),
      )
      if (bytesRead === 0) break
      held += bytesRead
      let start = 0
      for (;;) {
        const end = buffer.subarray(0, held).indexOf(NEWLINE, start)
        if (end < 0) break
        yield buffer.toString('utf8', start, end)
        start = end + 1
      }
      buffer.copyWithin(0, start, held)
      held -= start
      if (held > MAX_RECEIPT_LINE_BYTES) throw notAReceipt(path, 'it has a line that is too long')
    }
    if (held > 0) yield buffer.toString('utf8', 0, held)
  } finally {
    await handle.close().catch(() => undefined)
  }
}

/** The refusal of the file at `path`, because of `reason`. */
export function notAReceipt(path: string, reason: string, cause?: unknown): ShareError {
  return new ShareError('file-failed', `"${printable(path)}" is not a whole receipt: ${reason}`, {
    hint: 'Name a file that p2pshare wrote with --receipt, unchanged.',
    cause,
  })
}

/** Without O_NONBLOCK, a pipe would hang us until somebody writes to it. */
async function openRegular(path: string): Promise<FileHandle> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  try {
    const stats = await handle.stat()
    if (stats.isFile()) return handle
    throw new ShareError('not-a-file', `"${printable(path)}" is ${fileKind(stats)}`, {
      hint: 'A receipt is a regular file.',
    })
  } catch (thrown) {
    await handle.close().catch(() => undefined)
    throw thrown
  }
}
