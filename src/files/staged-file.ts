import type { FileHandle } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { ShareError } from '../errors.ts'
import { SYNC_AHEAD_BYTES } from '../limits.ts'
import { applyAttributes, type FileAttributes } from './file-attributes.ts'
import { fileExists, isSystemError, withFileErrors } from './file-error.ts'
import { finishAll } from './finish-all.ts'
import type { HeldDirectory } from './held-directory.ts'
import { moveExclusively } from './move-exclusively.ts'
import { writeOwner } from './owner.ts'
import { DATA_FILE, OWNER_FILE, removeStagingDirectory } from './staging-directory.ts'

/**
 * A file on its way: beside its destination, under a name of its own, until it is whole. One of
 * `publish`, `keep` and `discard` ends it; after that, `keep` and `discard` do nothing.
 */
export interface Staging {
  /**
   * Writes all `parts`, one behind the other, from `offset` on; ranges that do not overlap may be
   * written at the same time.
   * Throws `protocol` beyond the announced size, `disk-full`, `permission` or `file-failed`.
   */
  write(offset: number, parts: readonly Uint8Array[]): Promise<void>
  /**
   * Puts the file at `path`, in the directory of the request, once everything is on disk.
   * Throws `integrity` unless the size is the announced one, `file-exists` if anything is there
   * already, `disk-full`, `permission` or `file-failed`; what is staged then stays, and the call
   * may be repeated with another path.
   */
  publish(target: { path: string } & FileAttributes): Promise<void>
  /** Lets go of what arrived, and leaves it on disk. */
  keep(): Promise<void>
  /** Removes what arrived. */
  discard(): Promise<void>
}

/** Owns the three descriptors that it is given. */
export class StagedFile implements Staging {
  readonly #destination: HeldDirectory
  readonly #staged: HeldDirectory
  readonly #data: FileHandle
  readonly #bytes: number
  #isOpen = true
  #unsyncedBytes = 0
  #syncing: Promise<void> | undefined
  #syncFailure: unknown

  constructor(destination: HeldDirectory, staged: HeldDirectory, data: FileHandle, bytes: number) {
    this.#destination = destination
    this.#staged = staged
    this.#data = data
    this.#bytes = bytes
  }

  async write(offset: number, parts: readonly Uint8Array[]): Promise<void> {
    this.#assertOpen()
    if (!Number.isSafeInteger(offset) || offset < 0) throw new TypeError(`no offset: ${offset}`)
    const end = parts.reduce((sum, part) => sum + part.byteLength, offset)
    if (end > this.#bytes) {
      throw new ShareError('protocol', 'The other side sent more than it had announced')
    }
    await withFileErrors('write a file in', this.#destination.path, async () => {
      let [position, rest] = [offset, parts]
      while (position < end) {
        const { bytesWritten } = await this.#data.writev(rest, position)
        position += bytesWritten
        rest = withoutFirst(bytesWritten, rest)
      }
    })
    this.#syncAhead(end - offset)
  }

  /** Has the disk begin early, so that not everything is left for the end. */
  #syncAhead(bytes: number): void {
    this.#unsyncedBytes += bytes
    if (this.#unsyncedBytes < SYNC_AHEAD_BYTES || this.#syncing) return
    this.#unsyncedBytes = 0
    this.#syncing = this.#data
      .datasync()
      // The system tells of a failure once: a later sync would succeed.
      .catch((thrown) => {
        this.#syncFailure ??= thrown
      })
      .finally(() => {
        this.#syncing = undefined
      })
  }

  async publish({ path, ...attributes }: { path: string } & FileAttributes): Promise<void> {
    this.#assertOpen()
    if (dirname(path) !== this.#destination.path) {
      throw new TypeError(`not in the directory of this staging: ${path}`)
    }
    await withFileErrors('save', path, async () => {
      await this.#assertWhole()
      await applyAttributes(this.#data, attributes)
      await this.#syncing
      if (this.#syncFailure) throw this.#syncFailure
      await this.#data.sync()
      await this.#destination.assertInPlace()
      await this.#moveTo(path)
    })
    // The file is there. What cannot be tidied up now does not make that undone.
    await this.#remove().catch(() => undefined)
  }

  async keep(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    await finishAll([
      // Should this fail, the end of this process says the same.
      () => writeOwner(this.#staged.at(OWNER_FILE), null, 'w').catch(() => undefined),
      () => this.#closeData(),
      () => this.#staged.close(),
      () => this.#destination.close(),
    ])
  }

  async discard(): Promise<void> {
    if (this.#isOpen) await this.#remove()
  }

  async #remove(): Promise<void> {
    this.#isOpen = false
    await finishAll([
      () => this.#closeData(),
      () => removeStagingDirectory(this.#destination, this.#staged),
      () => this.#destination.sync(),
      () => this.#destination.close(),
    ])
  }

  async #closeData(): Promise<void> {
    await this.#syncing
    await withFileErrors('write a file in', this.#destination.path, () => this.#data.close())
  }

  #assertOpen(): void {
    if (!this.#isOpen) throw new TypeError('the staging has ended')
  }

  async #assertWhole(): Promise<void> {
    const { size } = await this.#data.stat()
    if (size === this.#bytes) return
    throw new ShareError('integrity', `Only ${size} of ${this.#bytes} bytes arrived`)
  }

  async #moveTo(path: string): Promise<void> {
    try {
      await moveExclusively(this.#staged.at(DATA_FILE), this.#destination.at(basename(path)))
    } catch (thrown) {
      if (isSystemError(thrown, 'EEXIST')) throw fileExists(path, 'something', thrown)
      throw thrown
    }
  }
}

/** What is left of `parts` behind their first `bytes`. */
function withoutFirst(bytes: number, parts: readonly Uint8Array[]): Uint8Array[] {
  let skip = bytes
  return parts.flatMap((part) => {
    const left = part.subarray(Math.min(skip, part.byteLength))
    skip -= part.byteLength - left.byteLength
    return left.byteLength > 0 ? [left] : []
  })
}
