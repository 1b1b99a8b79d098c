import { randomBytes } from 'node:crypto'
import { writeSync } from 'node:fs'
import { type FileHandle, lstat, open, rename, unlink } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { ShareError } from '../errors.ts'
import type { TransferSummary } from '../events.ts'
import { MAX_RECEIPT_BACKLOG_BYTES, RECEIPT_PIECE_BYTES } from '../limits.ts'
import { printable } from '../printable.ts'
import { isSystemError, withFileErrors } from './file-error.ts'
import { fileKind } from './file-kind.ts'
import { FILES_CLOSE, FILES_OPEN, RECEIPT_START, type ReceiptFile } from './receipt-format.ts'

/** What a receipt says of the transfer as a whole. */
export interface ReceiptSummary extends TransferSummary {
  role: 'sender' | 'receiver'
  /** What was offered. */
  name: string
}

/** A receipt that is being written (RECEIPT.md). */
export interface Receipt {
  /** Notes a file that was transferred. Never throws: what fails is told by `finish`. */
  file(file: ReceiptFile): void
  /**
   * Completes the receipt and puts it in its place, where it replaces an older one.
   * Throws `disk-full`, `permission`, `file-failed`; nothing is left behind then.
   */
  finish(summary: ReceiptSummary): Promise<void>
  /** Removes what there is, unless it is finished. Never throws, and may be called again. */
  discard(): Promise<void>
}

/**
 * Begins a receipt at `path`, under a temporary name beside it, so that a place that cannot be
 * written to is known before anything is transferred. Memory is bounded, however many files come.
 * Throws `file-exists` where something other than a file is at `path`, `not-found` where its
 * directory is missing, `permission`, `disk-full` or `file-failed`.
 */
export async function createReceipt(path: string): Promise<Receipt> {
  const target = resolve(path)
  await assertReplaceable(target, path)
  const random = randomBytes(6).toString('hex')
  const partial = join(dirname(target), `.${basename(target)}.${random}.partial`)
  const handle = await withFileErrors('write the receipt', path, () => open(partial, 'wx', 0o644))
  return new ReceiptWriter(handle, { path, target, partial })
}

/** Renaming would put a file in the place of a device or a link as well. */
async function assertReplaceable(target: string, path: string): Promise<void> {
  const stats = await withFileErrors('write the receipt', path, () =>
    lstat(target).catch((thrown: unknown) => {
      if (isSystemError(thrown, 'ENOENT')) return undefined
      throw thrown
    }),
  )
  if (stats === undefined || stats.isFile()) return
  throw new ShareError('file-exists', `There is ${fileKind(stats)} at "${printable(path)}"`, {
    hint: 'Choose another name with --receipt.',
  })
}

interface ReceiptPaths {
  /** As the user wrote it, for messages. */
  path: string
  target: string
  partial: string
}

class ReceiptWriter implements Receipt {
  readonly #handle: FileHandle
  readonly #paths: ReceiptPaths
  /** Written in the background, in order; never rejects. */
  #writing: Promise<void> = Promise.resolve()
  #failure: { thrown: unknown } | undefined
  #lines: string[] = []
  #lineLength = 0
  /** Handed to the disk and not yet written. */
  #backlogBytes = 0
  /** Where the next piece goes. */
  #end = 0
  #files = 0
  #bytes = 0
  #ended = false

  constructor(handle: FileHandle, paths: ReceiptPaths) {
    this.#handle = handle
    this.#paths = paths
    this.#add(`${JSON.stringify(RECEIPT_START).slice(0, -1)}${FILES_OPEN}`)
  }

  file({ path, bytes, sha256 }: ReceiptFile): void {
    if (this.#ended || this.#failure) return
    this.#add(`${this.#files === 0 ? '' : ','}\n${JSON.stringify({ path, bytes, sha256 })}`)
    this.#files += 1
    this.#bytes += bytes
  }

  async finish({ role, name, ...summary }: ReceiptSummary): Promise<void> {
    const { skipped, sent, seconds, path, digest } = summary
    const totals = { files: this.#files, bytes: this.#bytes }
    const finished = new Date().toISOString()
    const end = { role, name, totals, skipped, sent, seconds, path, digest, finished }
    this.#add(`\n${FILES_CLOSE}${JSON.stringify(end).slice(1)}\n`)
    this.#flush()
    await this.#writing
    try {
      await withFileErrors('write the receipt', this.#paths.path, () => this.#publish())
    } catch (thrown) {
      await this.discard()
      throw thrown
    }
  }

  async discard(): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    await this.#writing
    await this.#handle.close().catch(() => undefined)
    await unlink(this.#paths.partial).catch(() => undefined)
  }

  async #publish(): Promise<void> {
    if (this.#failure) throw this.#failure.thrown
    await this.#handle.sync()
    await this.#handle.close()
    await rename(this.#paths.partial, this.#paths.target)
    this.#ended = true
  }

  #add(line: string): void {
    this.#lines.push(line)
    this.#lineLength += line.length
    if (this.#lineLength >= RECEIPT_PIECE_BYTES) this.#flush()
  }

  #flush(): void {
    if (this.#lines.length === 0) return
    const piece = Buffer.from(this.#lines.join(''))
    this.#lines = []
    this.#lineLength = 0
    const position = this.#end
    this.#end += piece.length
    if (this.#backlogBytes + piece.length > MAX_RECEIPT_BACKLOG_BYTES)
      this.#writeNow(piece, position)
    else this.#writeLater(piece, position)
  }

  #writeLater(piece: Buffer, position: number): void {
    this.#backlogBytes += piece.length
    this.#writing = this.#writing.then(async () => {
      try {
        await writeWhole(this.#handle, piece, position)
      } catch (thrown) {
        this.#failure ??= { thrown }
      } finally {
        this.#backlogBytes -= piece.length
      }
    })
  }

  /** Files come faster than the disk takes their lines: nothing else goes on meanwhile. */
  #writeNow(piece: Buffer, position: number): void {
    try {
      for (let done = 0; done < piece.length; ) {
        done += writeSync(this.#handle.fd, piece, done, piece.length - done, position + done)
      }
    } catch (thrown) {
      this.#failure ??= { thrown }
    }
  }
}

async function writeWhole(handle: FileHandle, piece: Buffer, position: number): Promise<void> {
  for (let done = 0; done < piece.length; ) {
    const { bytesWritten } = await handle.write(piece, done, piece.length - done, position + done)
    done += bytesWritten
  }
}
