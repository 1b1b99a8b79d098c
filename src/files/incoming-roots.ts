import { ShareError } from '../errors.ts'
import { MAX_ROOTS } from '../limits.ts'
import type { DestinationPlace } from './destination-file.ts'
import { planRoot, type RootPlan } from './existing.ts'
import { foldedPath } from './folded-path.ts'
import type { HeldDirectory } from './held-directory.ts'
import { type IncomingEntry, nameOf, parentOf, rootOf } from './incoming-entry.ts'
import type { IncomingPlan } from './incoming-plan.ts'

/** An entry that is a root, and what becomes of it. */
export interface IncomingRoot extends RootPlan {
  readonly entry: IncomingEntry
}

/** Where an entry goes. */
export interface EntryPlan {
  readonly action: RootPlan['action']
  readonly place: DestinationPlace
}

/** What becomes of each root, decided when it is listed. */
export class IncomingRoots {
  readonly #plan: IncomingPlan
  readonly #destination: HeldDirectory
  readonly #roots = new Map<string, IncomingRoot>()
  /** Folded names that roots will have in the destination. */
  readonly #promised = new Set<string>()

  constructor(plan: IncomingPlan, destination: HeldDirectory) {
    this.#plan = plan
    this.#destination = destination
  }

  /** All that were listed, in that order. */
  get all(): Iterable<IncomingRoot> {
    return this.#roots.values()
  }

  /** Whether several go into a directory that is made for them. */
  get areTogether(): boolean {
    return this.#plan.offer.kind === 'several' && this.#plan.whole !== undefined
  }

  /** Whether something may be in the place of an entry that is not to be sent as if there was not. */
  get mayMeet(): boolean {
    const { existing, update } = this.#plan.request
    const { whole } = this.#plan
    if (whole === undefined) return update || existing === 'skip' || typeof existing === 'function'
    const { action } = whole
    return action === 'skip' || action === 'merge-beside' || (update && action !== 'create')
  }

  /** Decides what becomes of a root. Throws `file-exists`, and `incompatible` for too many. */
  async add(entry: IncomingEntry): Promise<void> {
    if (this.#roots.size >= MAX_ROOTS) {
      const limit = MAX_ROOTS.toLocaleString('en')
      throw new ShareError('incompatible', `The other side sends more than ${limit} at once`, {
        hint: 'Ask the other side to send the directory that they are in.',
      })
    }
    const root = { entry, ...(await this.#decide(entry)) }
    this.#roots.set(entry.path, root)
    this.#promised.add(foldedPath(root.name))
  }

  /** `path` with the name that its root will have, where it is not listed that of the sender. */
  savedAs(path: string): string {
    const rootName = rootOf(path)
    const root = this.#roots.get(rootName)
    return (root?.name ?? rootName) + path.slice(rootName.length)
  }

  /** Undefined where nothing can be there yet. */
  planOf(entry: IncomingEntry): EntryPlan | undefined {
    const plan = this.savedPlanOf(entry)
    return plan?.action === 'create' ? undefined : plan
  }

  /** Where an entry is once all is published; undefined where its root is not listed. */
  savedPlanOf({ path }: IncomingEntry): EntryPlan | undefined {
    const root = this.#roots.get(rootOf(path))
    if (root === undefined) return undefined
    const together = this.areTogether ? `${this.#plan.whole?.name}/` : ''
    const target = together + this.savedAs(path)
    return {
      action: root.action,
      place: { directory: parentOf(target), name: nameOf(target) },
    }
  }

  async #decide({ path, kind }: IncomingEntry): Promise<RootPlan> {
    if (this.areTogether) return { name: path, action: 'create' }
    if (this.#plan.whole !== undefined) return this.#plan.whole
    const { existing, update, signal } = this.#plan.request
    return planRoot(this.#destination, {
      name: path,
      kind,
      existing,
      update,
      signal,
      isPromised: (name) => this.#promised.has(foldedPath(name)),
    })
  }
}
