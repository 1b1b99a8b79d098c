import { MAX_STAGED_DESCRIPTORS } from '../limits.ts'
import { claimStaging, OWNER_FILE, removeStaging } from './claim-staging.ts'
import { DestinationWalk } from './destination-walk.ts'
import { DirectorySpool } from './directory-spool.ts'
import { finishAll } from './finish-all.ts'
import { Gate } from './gate.ts'
import { HandlePool } from './handle-pool.ts'
import { type HeldDirectory, holdDirectory } from './held-directory.ts'
import { writeOwner } from './owner.ts'
import { StagedTree } from './staged-tree.ts'

export interface IncomingStagingRequest {
  /** Where everything goes: no symbolic link. */
  directory: string
  /** Equal for runs that belong together. */
  key: string
  signal: AbortSignal
}

/** What is open while something is received. `keep` or `remove` ends it. */
export class IncomingStaging {
  readonly destination: HeldDirectory
  readonly staged: HeldDirectory
  readonly isAdopted: boolean
  readonly tree: StagedTree
  readonly spool: DirectorySpool
  readonly pool = new HandlePool(MAX_STAGED_DESCRIPTORS / 2)
  /** For files that are open for one write only. */
  readonly gate = new Gate(MAX_STAGED_DESCRIPTORS / 2)
  readonly walk: DestinationWalk

  private constructor(
    init: Pick<IncomingStaging, 'destination' | 'staged' | 'isAdopted' | 'tree' | 'spool'>,
  ) {
    this.destination = init.destination
    this.staged = init.staged
    this.isAdopted = init.isAdopted
    this.tree = init.tree
    this.spool = init.spool
    this.walk = new DestinationWalk(init.destination)
  }

  /** Throws `permission`, `disk-full`, `not-found` or `file-failed`, or why `signal` was aborted. */
  static async open({ directory, key, signal }: IncomingStagingRequest): Promise<IncomingStaging> {
    const closing: (() => Promise<void>)[] = []
    try {
      const destination = await holdDirectory(directory)
      closing.unshift(() => destination.close())
      const { staged, isAdopted } = await claimStaging(destination, key, signal)
      closing.unshift(() => (isAdopted ? letGo(staged) : removeStaging(destination, staged)))
      const tree = await StagedTree.open(staged)
      closing.unshift(() => tree.close())
      const spool = await DirectorySpool.create(staged)
      return new IncomingStaging({ destination, staged, isAdopted, tree, spool })
    } catch (thrown) {
      await finishAll(closing).catch(() => undefined)
      throw thrown
    }
  }

  /** Lets go of what is staged, for a later run to go on with. */
  async keep(): Promise<void> {
    await finishAll([...this.#closing(), () => letGo(this.staged), () => this.destination.close()])
  }

  /** Removes what is staged. */
  async remove(): Promise<void> {
    await finishAll([
      ...this.#closing(),
      () => removeStaging(this.destination, this.staged),
      () => this.destination.sync(),
      () => this.destination.close(),
    ])
  }

  #closing(): (() => Promise<void>)[] {
    return [
      () => this.pool.closeAll(),
      () => this.walk.close(),
      () => this.spool.close(),
      () => this.tree.close(),
    ]
  }
}

async function letGo(staged: HeldDirectory): Promise<void> {
  // Should this fail, the end of this process says the same.
  await writeOwner(staged.at(OWNER_FILE), null, 'w').catch(() => undefined)
  await staged.close()
}
