import { closeSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { ShareError, throwIfAborted } from '../errors.ts'
import { SYNCED_FILE_BYTES, WHOLE_FILE_BYTES } from '../limits.ts'
import { printable } from '../printable.ts'
import { DestinationFile, type DestinationPlace } from './destination-file.ts'
import type { DestinationWalk } from './destination-walk.ts'
import { applyAttributes, applyTime, applyTimeAtOnce } from './file-attributes.ts'
import { fileError, withFileErrors } from './file-error.ts'
import type { Gate } from './gate.ts'
import type { HandlePool } from './handle-pool.ts'
import type { IncomingEntry } from './incoming-entry.ts'
import type { PromptWork } from './prompt-work.ts'
import type { StagedTree } from './staged-tree.ts'
import { storedDigests } from './stored-digests.ts'
import { SyncAhead } from './sync-ahead.ts'
import { totalBytes, writeParts, writePartsAtOnce } from './write-parts.ts'

/** What the files of one transfer share. */
export interface IncomingFileContext {
  readonly tree: StagedTree
  readonly pool: HandlePool
  /** How files that are open for one write only are written. */
  readonly prompt: PromptWork
  /** What those of them that have to wait for the disk pass. */
  readonly gate: Gate
  readonly walk: DestinationWalk
  /** Whether an earlier run may have left files in `tree`. */
  readonly isAdopted: boolean
  /** Whether even small files are made durable one by one. */
  readonly syncsAll: boolean
  readonly signal: AbortSignal
  /** Told of each range that was written. */
  onWritten(bytes: number): void
}

/** What is to be done about a file that is in the entry's place. */
export type Counterpart =
  | { treatment: 'ignore' }
  | { treatment: 'skip' | 'update'; place: DestinationPlace }

/** A file of a transfer, from its listing until it is finished. */
export class IncomingFile {
  readonly entry: IncomingEntry
  readonly #context: IncomingFileContext
  readonly #counterpart: Counterpart
  readonly #sync = new SyncAhead()
  /** What the other side was told of, so that it may be left as it is where it agrees. */
  #told: 'nothing' | 'staged' | DestinationFile = 'nothing'
  /** Once there is a file in the staging directory to write to. */
  #preparing: Promise<void> | undefined
  /** Everything came in one write, attributes included. */
  #isWhole = false

  constructor(context: IncomingFileContext, entry: IncomingEntry, counterpart: Counterpart) {
    this.#context = context
    this.entry = entry
    this.#counterpart = counterpart
  }

  /** As `IncomingTree.compare`. */
  async compare(blockBytes: number): Promise<'skip' | AsyncIterable<Uint8Array>> {
    const { tree, walk, isAdopted } = this.#context
    const { path, bytes } = this.entry
    const counterpart = this.#counterpart
    if (counterpart.treatment === 'skip' && (await this.#isTaken(counterpart.place))) {
      if (isAdopted) await tree.remove(path)
      return 'skip'
    }
    if (bytes === null) return NOTHING
    const staged = isAdopted ? await tree.reuseFile(path, bytes) : undefined
    if (staged !== undefined) {
      this.#told = 'staged'
      return this.#digests(staged, blockBytes, path, () => tree.openFile(path))
    }
    if (counterpart.treatment !== 'update') return NOTHING
    const file = await DestinationFile.find(walk, counterpart.place)
    if (file === undefined) return NOTHING
    this.#told = file
    const key = `${path}/destination`
    return this.#digests(Math.min(file.bytes, bytes), blockBytes, key, () => file.open())
  }

  /** As `IncomingTree.write`. */
  async write(offset: number, parts: readonly Uint8Array[]): Promise<void> {
    if (!Number.isSafeInteger(offset) || offset < 0) throw new TypeError(`no offset: ${offset}`)
    const length = totalBytes(parts)
    const { path, bytes } = this.entry
    this.#assertWritable(offset + length)
    if (length === bytes && bytes <= WHOLE_FILE_BYTES) {
      return this.#writeWholeInTurn(parts)
    }
    await withFileErrors('write', path, () => this.#writePart(offset, parts))
    this.#context.onWritten(length)
  }

  /**
   * Creation, contents and attributes in one go, so that nothing is left for `finish`. Where that is
   * not done when it returns, there is a promise. Both throw as `IncomingTree.write`.
   */
  writeWholeAtOnce(parts: readonly Uint8Array[]): Promise<void> | undefined {
    const { syncsAll, onWritten } = this.#context
    const length = this.#assertWhole(parts)
    // Where there may be something in its place, or a handle to it, that has to be waited for.
    const isNew = this.#told === 'nothing' && this.#preparing === undefined && !this.#isWhole
    if (syncsAll || !isNew || !this.#createAtOnce(parts)) return this.writeWhole(parts)
    this.#isWhole = true
    onWritten(length)
    return undefined
  }

  /** The same, in the background in any case. */
  async writeWhole(parts: readonly Uint8Array[]): Promise<void> {
    const { pool, onWritten } = this.#context
    const { path } = this.entry
    const length = this.#assertWhole(parts)
    await withFileErrors('write', path, async () => {
      await pool.close(path)
      await this.#create(parts)
    })
    this.#isWhole = true
    onWritten(length)
  }

  /** As `IncomingTree.finish`. */
  async finish(bytes: number): Promise<void> {
    throwIfAborted(this.#context.signal)
    const announced = this.entry.bytes
    if (announced !== null && announced !== bytes) throw this.#incomplete(announced, bytes)
    if (this.#isWhole) return
    await withFileErrors('write', this.entry.path, async () => {
      if (this.#preparing === undefined && typeof this.#told === 'object') {
        const isEnough = await this.#finishUntouched(this.#told, bytes)
        if (isEnough) return
        await this.#prepare()
      }
      if (this.#preparing === undefined && this.#told === 'nothing') {
        if (bytes > 0) throw this.#incomplete(bytes, 0)
        return this.#writeWholeInTurn([])
      }
      await this.#finishStaged(bytes)
    })
  }

  async #isTaken(place: DestinationPlace): Promise<boolean> {
    return DestinationFile.isTaken(this.#context.walk, place)
  }

  #digests(
    bytes: number,
    blockBytes: number,
    key: string,
    open: () => Promise<FileHandle>,
  ): AsyncIterable<Uint8Array> {
    const { pool, signal } = this.#context
    const { path, bytes: wantedBytes } = this.entry
    return storedDigests({
      ...{ path, bytes, wantedBytes: wantedBytes ?? bytes, blockBytes },
      ...{ pool, key, open, signal },
    })
  }

  #writeWholeInTurn(parts: readonly Uint8Array[]): Promise<void> {
    return this.#context.prompt.run<void>(
      () => this.writeWholeAtOnce(parts),
      () => this.writeWhole(parts),
    )
  }

  #assertWritable(endBytes: number): void {
    throwIfAborted(this.#context.signal)
    if (endBytes <= (this.entry.bytes ?? Number.POSITIVE_INFINITY)) return
    throw new ShareError('protocol', 'The other side sent more than it had announced')
  }

  /** Says how many bytes they are. */
  #assertWhole(parts: readonly Uint8Array[]): number {
    const length = totalBytes(parts)
    this.#assertWritable(length)
    const { bytes } = this.entry
    if (bytes !== null && length < bytes) throw this.#incomplete(bytes, length)
    return length
  }

  /** False where something is in its place. */
  #createAtOnce(parts: readonly Uint8Array[]): boolean {
    const { path, mode, modifiedMs } = this.entry
    try {
      const descriptor = this.#context.tree.createAtOnce(path, mode & 0o777)
      if (descriptor === undefined) return false
      try {
        writePartsAtOnce(descriptor, 0, parts)
        applyTimeAtOnce(descriptor, modifiedMs)
      } finally {
        closeSync(descriptor)
      }
      return true
    } catch (thrown) {
      throw fileError(thrown, 'write', path)
    }
  }

  async #create(parts: readonly Uint8Array[]): Promise<void> {
    const { tree, gate, syncsAll } = this.#context
    const { path, mode, modifiedMs } = this.entry
    await gate.run(async () => {
      // Given the mode at creation, the file gets it less the umask, with no call of its own.
      const handle = await tree.createFile(path, mode & 0o777)
      try {
        await writeParts(handle, 0, parts)
        await applyTime(handle, modifiedMs)
        if (syncsAll) await handle.sync()
      } finally {
        await handle.close()
      }
    })
  }

  async #writePart(offset: number, parts: readonly Uint8Array[]): Promise<void> {
    const { pool, tree } = this.#context
    const { path } = this.entry
    if (this.#isWhole) {
      this.#isWhole = false
      this.#told = 'staged'
    }
    await this.#prepare()
    const open = () => tree.openFile(path)
    await pool.use(path, open, (handle) => writeParts(handle, offset, parts))
    this.#sync.wrote(totalBytes(parts), () => pool.use(path, open, (handle) => handle.datasync()))
  }

  async #prepare(): Promise<void> {
    this.#preparing ??= this.#makeFile()
    await this.#preparing
  }

  async #makeFile(): Promise<void> {
    if (this.#told === 'staged') return
    const { tree, signal } = this.#context
    const handle = await tree.createFile(this.entry.path, 0o600)
    try {
      if (this.#told === 'nothing') return
      await this.#told.copyTo(handle, this.entry.bytes ?? Number.POSITIVE_INFINITY, signal)
    } finally {
      await handle.close()
    }
  }

  /** False where the file needs cutting, which is not to be seen before everything is published. */
  async #finishUntouched(file: DestinationFile, bytes: number): Promise<boolean> {
    await this.#context.pool.close(`${this.entry.path}/destination`)
    if (file.bytes < bytes) throw this.#incomplete(bytes, file.bytes)
    if (file.bytes > bytes) return false
    const handle = await file.open()
    try {
      await applyAttributes(handle, this.entry)
      return true
    } finally {
      await handle.close()
    }
  }

  async #finishStaged(bytes: number): Promise<void> {
    const { pool, tree, syncsAll } = this.#context
    const { path } = this.entry
    await pool.use(
      path,
      () => tree.openFile(path),
      async (handle) => {
        const { size } = await handle.stat()
        if (size < bytes) throw this.#incomplete(bytes, size)
        if (size > bytes) await handle.truncate(bytes)
        await applyAttributes(handle, this.entry)
        if (syncsAll || bytes >= SYNCED_FILE_BYTES) await this.#sync.finish(handle)
      },
    )
    await pool.close(path)
  }

  #incomplete(bytes: number, found: number): ShareError {
    const path = printable(this.entry.path)
    return new ShareError('integrity', `Only ${found} of ${bytes} bytes of "${path}" arrived`)
  }
}

const NOTHING: AsyncIterable<Uint8Array> = {
  async *[Symbol.asyncIterator]() {},
}
