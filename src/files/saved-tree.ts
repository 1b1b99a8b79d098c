import { ShareError } from '../errors.ts'
import { MAX_STAGED_DESCRIPTORS } from '../limits.ts'
import { DestinationFile } from './destination-file.ts'
import { DestinationWalk } from './destination-walk.ts'
import { EntryCheck } from './entry-check.ts'
import { finishAll } from './finish-all.ts'
import { HandlePool } from './handle-pool.ts'
import { type HeldDirectory, holdDirectory } from './held-directory.ts'
import type { IncomingEntry } from './incoming-entry.ts'
import type { IncomingPlan } from './incoming-plan.ts'
import type { EntryPlan, IncomingRoots } from './incoming-roots.ts'
import { storedDigests } from './stored-digests.ts'

export interface SavedTreeInit {
  /** What was published. */
  plan: IncomingPlan
  roots: IncomingRoots
  /** How many entries it has. */
  entries: number
}

interface SavedFile {
  entry: IncomingEntry
  plan: EntryPlan
}

/**
 * What was received and has its name already, offered once more by a sender that does not know that:
 * it is compared, and nothing is written. `close` ends it.
 */
export class SavedTree {
  readonly mayHave = true
  readonly #init: SavedTreeInit
  readonly #destination: HeldDirectory
  readonly #walk: DestinationWalk
  readonly #check: EntryCheck
  readonly #pool = new HandlePool(MAX_STAGED_DESCRIPTORS)
  /** Files that are listed and not finished, by their numbers. */
  readonly #files = new Map<number, SavedFile>()

  private constructor(init: SavedTreeInit, destination: HeldDirectory) {
    this.#init = init
    this.#destination = destination
    this.#walk = new DestinationWalk(destination)
    this.#check = new EntryCheck(init.plan.offer, { remembersFiles: false })
  }

  /**
   * Throws `file-exists` where files of others may be among those that the sender could name and the
   * user has not asked for their comparison; `permission`, `not-found` or `file-failed`.
   */
  static async open(init: SavedTreeInit): Promise<SavedTree> {
    const { plan, roots } = init
    const mayTell = plan.request.update || [...roots.all].every(({ action }) => isOwn(action))
    if (!mayTell) throw new ShareError('file-exists', 'It is saved already')
    return new SavedTree(init, await holdDirectory(plan.directory))
  }

  /** Throws `unsafe-name`, `protocol` or `incompatible`, and `file-changed` for what was not saved. */
  async list(first: number, entries: readonly IncomingEntry[]): Promise<void> {
    for (const [index, entry] of this.#check.take(first, entries).entries()) {
      const plan = this.#init.roots.savedPlanOf(entry)
      if (plan === undefined) throw otherThanSaved()
      if (entry.kind === 'file') this.#files.set(first + index, { entry, plan })
    }
  }

  /** As `IncomingTree.compare`. Throws `file-changed` at once where the length is another. */
  async compare(file: number, blockBytes: number): Promise<'skip' | AsyncIterable<Uint8Array>> {
    const { entry, plan } = this.#file(file)
    const { action, place } = plan
    if (action === 'skip' || action === 'merge-beside') {
      if (!(await DestinationFile.isTaken(this.#walk, place))) throw otherThanSaved()
      this.#files.delete(file)
      return 'skip'
    }
    const found = await DestinationFile.find(this.#walk, place)
    if (found === undefined || found.bytes !== entry.bytes) throw otherThanSaved()
    const { bytes, path } = entry
    const open = () => found.open()
    const { signal } = this.#init.plan.request
    const [pool, key] = [this.#pool, path]
    return storedDigests({ path, bytes, wantedBytes: bytes, blockBytes, pool, key, open, signal })
  }

  /** Throws `file-changed`: what is sent is something else than what was saved. */
  async write(): Promise<void> {
    throw otherThanSaved()
  }

  /** Throws `file-changed`, as `write`. */
  async writeWhole(): Promise<void> {
    throw otherThanSaved()
  }

  async finish(file: number): Promise<void> {
    const { entry } = this.#file(file)
    this.#files.delete(file)
    await this.#pool.close(entry.path)
  }

  /** Throws `file-changed` unless it was all that was saved. */
  async publish(): Promise<void> {
    if (this.#files.size > 0 || this.#check.count !== this.#init.entries) throw otherThanSaved()
  }

  /** Lets go of what is open. Throws what closing throws. */
  async close(): Promise<void> {
    await finishAll([
      () => this.#pool.closeAll(),
      () => this.#walk.close(),
      () => this.#destination.close(),
    ])
  }

  #file(number: number): SavedFile {
    const file = this.#files.get(number)
    if (file === undefined) throw new TypeError(`no file that is listed and unfinished: ${number}`)
    return file
  }
}

/** Whether all that there is came with it, or is told of by its name alone. */
function isOwn(action: EntryPlan['action']): boolean {
  return action !== 'merge-over'
}

function otherThanSaved(): ShareError {
  return new ShareError('file-changed', 'What is sent now is not what was saved', {
    hint: 'Send it again with a new code.',
  })
}
