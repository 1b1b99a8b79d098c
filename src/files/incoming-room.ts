import { assertRoom, freeBytes, withNeededRoom } from './room.ts'
import { treeSize } from './tree-size.ts'

export interface IncomingRoomInit {
  /** Where everything goes. */
  directory: string
  /** The path of what is staged already. */
  staged: string
  /** Whether there may be more in it than was counted here. */
  isAdopted: boolean
  /** What was announced, in bytes. */
  bytes: number
  signal: AbortSignal
}

/** Whether what is still to come fits. */
export class IncomingRoom {
  readonly #init: IncomingRoomInit
  #bytes: number
  #writtenBytes = 0

  constructor(init: IncomingRoomInit) {
    this.#init = init
    this.#bytes = init.bytes
  }

  onWritten(bytes: number): void {
    this.#writtenBytes += bytes
  }

  /** Of all that was announced, how much is not on disk yet. Measuring takes a while for large trees. */
  async neededBytes(): Promise<number> {
    const { isAdopted, staged, signal } = this.#init
    const there = isAdopted ? await treeSize(staged, signal) : this.#writtenBytes
    return Math.max(0, this.#bytes - there)
  }

  /** Throws `disk-full` if the rest of `bytes` in all does not fit. */
  async assertFor(bytes: number = this.#bytes): Promise<void> {
    const { directory } = this.#init
    this.#bytes = bytes
    const available = await freeBytes(directory)
    if (available === undefined || available >= bytes) return
    await assertRoom(directory, await this.neededBytes())
  }

  /** `thrown`; if it says that the disk is full, with how much is needed. */
  async explain(thrown: unknown): Promise<unknown> {
    const { directory } = this.#init
    const rest = Math.max(0, this.#bytes - this.#writtenBytes)
    return withNeededRoom(thrown, directory, rest)
  }
}
