import { join } from 'node:path'
import { ShareError, throwIfAborted } from '../errors.ts'
import { assertReplaceable } from './destination-walk.ts'
import { EntryCheck } from './entry-check.ts'
import { findAt } from './existing.ts'
import { fileExists } from './file-error.ts'
import { fileKind } from './file-kind.ts'
import { type IncomingEntry, isRoot } from './incoming-entry.ts'
import { type Counterpart, IncomingFile, type IncomingFileContext } from './incoming-file.ts'
import type { IncomingPlan } from './incoming-plan.ts'
import { IncomingRoom } from './incoming-room.ts'
import { type EntryPlan, IncomingRoots } from './incoming-roots.ts'
import { IncomingStaging } from './incoming-staging.ts'
import { PromptWork } from './prompt-work.ts'
import { publishTree } from './publish-tree.ts'
import { SavedTree } from './saved-tree.ts'

/**
 * What is being received, on its way: in a staging directory beside its destination until it is
 * whole. One of `publish`, `keep` and `discard` ends it; after that, `keep` and `discard` do
 * nothing.
 *
 * When `publish` has returned, a power failure takes away neither a file of `SYNCED_FILE_BYTES` or
 * more, nor one that was sent alone, nor leaves less than the old or the new contents of a file that
 * was replaced. Other small files the system writes down in its own time, half a minute mostly; asking
 * for each would take as long as their transfer. The end of the process takes away nothing.
 */
export class IncomingTree {
  /** What it will be, or the directory into which several go; absolute. */
  readonly target: string
  readonly #plan: IncomingPlan
  readonly #staging: IncomingStaging
  readonly #roots: IncomingRoots
  readonly #check: EntryCheck
  readonly #room: IncomingRoom
  readonly #context: IncomingFileContext
  /** Files that are listed and not finished, by their numbers. */
  readonly #files = new Map<number, IncomingFile>()
  #isOpen = true
  #hasData: boolean
  #saved: string | undefined

  private constructor(plan: IncomingPlan, staging: IncomingStaging, room: IncomingRoom) {
    this.target = plan.target
    this.#plan = plan
    this.#staging = staging
    this.#room = room
    const { isAdopted, destination, tree, pool, gate, walk } = staging
    this.#hasData = isAdopted
    this.#roots = new IncomingRoots(plan, destination)
    this.#check = new EntryCheck(plan.offer, { remembersFiles: isAdopted })
    const onWritten = (bytes: number) => {
      this.#hasData = true
      room.onWritten(bytes)
    }
    const syncsAll = plan.offer.kind === 'file'
    const { signal } = plan.request
    const prompt = new PromptWork()
    this.#context = { tree, pool, prompt, gate, walk, isAdopted, syncsAll, signal, onWritten }
  }

  /**
   * Makes room for what is planned: takes over what an interrupted run for the same offered name
   * left, or begins anew.
   * Throws `disk-full`, `permission`, `not-found` or `file-failed`, or why the signal was aborted.
   */
  static async open(plan: IncomingPlan): Promise<IncomingTree> {
    const { directory, offer, request } = plan
    const { signal } = request
    throwIfAborted(signal)
    const key = `${offer.kind} ${offer.name}`
    const staging = await IncomingStaging.open({ directory, key, signal })
    const { isAdopted } = staging
    try {
      const staged = staging.tree.directory.at('.')
      const room = new IncomingRoom({ directory, staged, isAdopted, bytes: offer.bytes, signal })
      await room.assertFor()
      throwIfAborted(signal)
      return new IncomingTree(plan, staging, room)
    } catch (thrown) {
      await (isAdopted ? staging.keep() : staging.remove()).catch(() => undefined)
      throw thrown
    }
  }

  /** Whether something may be there already, so that `compare` is worth asking. */
  get mayHave(): boolean {
    return this.#staging.isAdopted || this.#roots.mayMeet
  }

  /** What was saved, as an absolute path; only to be asked for once it is published. */
  get saved(): string {
    if (this.#saved === undefined) throw new TypeError('nothing was published yet')
    return this.#saved
  }

  /**
   * What was saved, to be compared with what a sender offers that does not know of it. Throws as
   * `SavedTree.open`.
   */
  async openSaved(): Promise<SavedTree> {
    if (this.#saved === undefined) throw new TypeError('nothing was published yet')
    return SavedTree.open({ plan: this.#plan, roots: this.#roots, entries: this.#check.count })
  }

  /** What the listed `path` is called once it is published, as its root may get another name. */
  savedAs(path: string): string {
    return this.#roots.savedAs(path)
  }

  /** Throws `disk-full` if the rest does not fit when `bytes` come in all. */
  async assertRoomFor(bytes: number): Promise<void> {
    this.#assertOpen()
    await this.#room.assertFor(bytes)
  }

  /**
   * Takes the next entries and makes their directories. Nothing of a bad batch is written.
   * Throws `unsafe-name`, `protocol`, `incompatible`, `file-exists`, `disk-full`, `permission` or
   * `file-failed`.
   */
  async list(first: number, entries: readonly IncomingEntry[]): Promise<void> {
    await this.#run(async () => {
      const taken = this.#check.take(first, entries, () => this.#pendingPaths())
      for (const entry of taken.filter(isRoot)) await this.#roots.add(entry)
      const planned = taken.map((entry) => ({ entry, plan: this.#roots.planOf(entry) }))
      for (const { entry, plan } of planned) {
        if (plan?.action.startsWith('merge')) await this.#assertFits(entry, plan)
      }
      const { tree, spool } = this.#staging
      const directories = taken.filter(({ kind }) => kind === 'directory')
      for (const { path } of directories) await tree.makeDirectory(path)
      await spool.add(directories)
      for (const [index, { entry, plan }] of planned.entries()) {
        if (entry.kind !== 'file') continue
        const counterpart = counterpartOf(plan, this.#plan.request.update)
        this.#files.set(first + index, new IncomingFile(this.#context, entry, counterpart))
      }
    })
  }

  /**
   * Of a listed file, the SHA-256 of each block of `blockBytes` that is there already, the last of
   * which may be short; `skip` if the file is to be left out, and is not to be finished then. What is
   * not written after that stays as it was told.
   * Throws `file-exists`, `file-changed`, `permission` or `file-failed`, also while it is iterated.
   */
  async compare(file: number, blockBytes: number): Promise<'skip' | AsyncIterable<Uint8Array>> {
    return this.#run(async () => {
      const found = await this.#file(file).compare(blockBytes)
      if (found === 'skip') this.#files.delete(file)
      return found
    })
  }

  /**
   * Writes `parts`, one behind the other, from `offset` on; ranges that do not overlap may be written
   * at the same time.
   * Throws `protocol` beyond the announced size, `disk-full`, `file-changed`, `permission` or
   * `file-failed`.
   */
  async write(file: number, offset: number, parts: readonly Uint8Array[]): Promise<void> {
    await this.#run(() => this.#file(file).write(offset, parts))
  }

  /**
   * Writes files that are small, each with all that is in it, and finishes them. Throws as `write` and
   * `finish` do.
   */
  async writeWhole(files: readonly { file: number; content: Uint8Array }[]): Promise<void> {
    await this.#run(async () => {
      await this.#context.prompt.runAll(
        files,
        ({ file, content }) => this.#file(file).writeWholeAtOnce([content]),
        ({ file, content }) => this.#file(file).writeWhole([content]),
      )
      for (const { file } of files) this.#files.delete(file)
    })
  }

  /**
   * All of the file is written: it gets its attributes and is closed.
   * Throws `integrity` unless `bytes` bytes are there, `disk-full`, `file-changed`, `permission` or
   * `file-failed`.
   */
  async finish(file: number, bytes: number): Promise<void> {
    await this.#run(async () => {
      await this.#file(file).finish(bytes)
      this.#hasData = true
      this.#files.delete(file)
    })
  }

  /**
   * Gives everything its place, each root in one step unless it is merged into a directory, and
   * removes the staging directory.
   * Throws `integrity` if not every file is finished, `file-exists` if something else is in the place
   * of a root, found before any is moved, or in one below it; `file-changed`, `permission`,
   * `disk-full` or `file-failed`. What is staged then stays.
   */
  async publish(): Promise<void> {
    await this.#run(async () => {
      if (this.#files.size > 0 || this.#check.count === 0) {
        throw new ShareError('integrity', 'Not everything that was announced arrived')
      }
      const { signal } = this.#plan.request
      await publishTree(this.#staging, {
        roots: [...this.#roots.all],
        together: this.#roots.areTogether ? this.#plan.whole?.name : undefined,
        isListed: (path, kind) => this.#check.has(path, kind),
        signal,
      })
    })
    this.#saved = this.target
    this.#isOpen = false
    // It is there. What cannot be tidied up now does not make that undone.
    await this.#staging.remove().catch(() => undefined)
  }

  /** Lets go of what arrived, and leaves it on disk for the next run; nothing is left of nothing. */
  async keep(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    await (this.#hasData ? this.#staging.keep() : this.#staging.remove())
  }

  /** Removes what arrived. */
  async discard(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    await this.#staging.remove()
  }

  async #run<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#assertOpen()
    throwIfAborted(this.#plan.request.signal)
    try {
      return await work()
    } catch (thrown) {
      throw await this.#room.explain(thrown)
    }
  }

  #file(number: number): IncomingFile {
    const file = this.#files.get(number)
    if (file === undefined) throw new TypeError(`no file that is listed and unfinished: ${number}`)
    return file
  }

  *#pendingPaths(): Iterable<string> {
    for (const { entry } of this.#files.values()) yield entry.path
  }

  /** Early, as it would be a pity to find out when everything has arrived. */
  async #assertFits(entry: IncomingEntry, plan: EntryPlan): Promise<void> {
    const { directory, name } = plan.place
    if (entry.kind === 'directory') {
      const path = directory === '' ? name : `${directory}/${name}`
      return this.#staging.walk.within(path, async () => undefined)
    }
    await this.#staging.walk.within(directory, async (held) => {
      const found = held && (await findAt(held, name))
      if (held === undefined || found === undefined) return
      if (plan.action === 'merge-over') assertReplaceable(held, name, found)
      if (found.isDirectory()) throw fileExists(join(held.path, name), fileKind(found))
    })
  }

  #assertOpen(): void {
    if (!this.#isOpen) throw new TypeError('the staging has ended')
  }
}

function counterpartOf(plan: EntryPlan | undefined, update: boolean): Counterpart {
  if (plan === undefined) return { treatment: 'ignore' }
  const { action, place } = plan
  if (action === 'skip' || action === 'merge-beside') return { treatment: 'skip', place }
  return update ? { treatment: 'update', place } : { treatment: 'ignore' }
}
