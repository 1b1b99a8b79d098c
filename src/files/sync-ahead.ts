import type { FileHandle } from 'node:fs/promises'
import { SYNC_AHEAD_BYTES } from '../limits.ts'

/** Has the disk begin early with what is written to a file, so that not everything is left for its end. */
export class SyncAhead {
  #unsyncedBytes = 0
  #syncing: Promise<void> | undefined
  #failure: unknown

  /** So many bytes more were written; `sync` begins when it is time and no other one runs. */
  wrote(bytes: number, sync: () => Promise<void>): void {
    this.#unsyncedBytes += bytes
    if (this.#unsyncedBytes < SYNC_AHEAD_BYTES || this.#syncing) return
    this.#unsyncedBytes = 0
    this.#syncing = sync()
      // The system tells of a failure once: a later sync would succeed.
      .catch((thrown) => {
        this.#failure ??= thrown
      })
      .finally(() => {
        this.#syncing = undefined
      })
  }

  /** Makes everything durable. Throws what any sync failed with. */
  async finish(handle: FileHandle): Promise<void> {
    await this.#syncing
    if (this.#failure) throw this.#failure
    await handle.sync()
  }
}
