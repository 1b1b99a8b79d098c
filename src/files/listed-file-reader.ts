import type { ShareError } from '../errors.ts'
import { MAX_SOURCE_DESCRIPTORS, SMALL_FILE_BYTES } from '../limits.ts'
import {
  assertListed,
  closeListed,
  fill,
  type ListedFile,
  openListed,
  readAtOnce,
} from './listed-file.ts'
import { PromptWork } from './prompt-work.ts'

/** Whether it is read in one go, which shows that it was one version. */
export function isSmall({ version }: ListedFile): boolean {
  return version.size <= SMALL_FILE_BYTES
}

/** A file, and room for all that is in it. */
export interface WholeListedFile {
  readonly file: ListedFile
  readonly content: Uint8Array
}

interface Held {
  readonly descriptor: Promise<number>
  /** Reads under way; it is closed only without any. */
  users: number
  /** Nobody will ask for it again: the last user closes it. */
  isDropped: boolean
}

/**
 * Reads files as they were listed, and owns the descriptors for that: at most
 * `mostDescriptors`, of which those used longest ago make room for others.
 */
export class ListedFileReader {
  readonly #mostDescriptors: number
  /** In the order of their last use. */
  readonly #held = new Map<ListedFile, Held>()
  /** Descriptors open, or being opened or closed. */
  #slots = 0
  readonly #waiting: { resolve: () => void; reject: (reason: unknown) => void }[] = []
  #closed: ShareError | undefined
  #onEmpty: (() => void) | undefined
  readonly #prompt = new PromptWork()

  constructor(mostDescriptors = MAX_SOURCE_DESCRIPTORS) {
    this.#mostDescriptors = mostDescriptors
  }

  /** Fills `buffer` from `offset` on. Throws `file-changed`, `permission` or `file-failed`. */
  async read(file: ListedFile, offset: number, buffer: Uint8Array): Promise<void> {
    if (isSmall(file)) return this.#readSmall(file, offset, buffer)
    const held = this.#hold(file)
    held.users++
    try {
      await fill(file, await held.descriptor, offset, buffer)
    } finally {
      held.users--
      this.#settle(file, held)
    }
  }

  /** Reads small files, which shows that each of them was one version. Throws as `read`. */
  async readWhole(files: readonly WholeListedFile[]): Promise<void> {
    await this.#prompt.runAll(
      files,
      ({ file, content }) => this.#readAtOnce(file, 0, content),
      ({ file, content }) => this.#readInBackground(file, 0, content),
    )
  }

  /** Closes `file` when it is not being read any more. */
  drop(file: ListedFile): void {
    const held = this.#held.get(file)
    if (held === undefined) return
    this.#held.delete(file)
    held.isDropped = true
    if (held.users === 0) void this.#close(held)
  }

  dropAll(): void {
    for (const file of [...this.#held.keys()]) this.drop(file)
  }

  /** Lets reads under way end, refuses others with `reason`, and closes everything. */
  async close(reason: ShareError): Promise<void> {
    this.#closed ??= reason
    for (const { reject } of this.#waiting.splice(0)) reject(this.#closed)
    this.dropAll()
    if (this.#slots === 0) return
    await new Promise<void>((resolve) => {
      const before = this.#onEmpty
      this.#onEmpty = () => {
        before?.()
        resolve()
      }
    })
  }

  async #readSmall(file: ListedFile, offset: number, buffer: Uint8Array): Promise<void> {
    await this.#prompt.run(
      () => this.#readAtOnce(file, offset, buffer),
      () => this.#readInBackground(file, offset, buffer),
    )
  }

  #readAtOnce(file: ListedFile, offset: number, buffer: Uint8Array): undefined {
    if (this.#closed !== undefined) throw this.#closed
    readAtOnce(file, offset, buffer)
  }

  /** What is looked at after it was read was the listed version all along. */
  async #readInBackground(file: ListedFile, offset: number, buffer: Uint8Array): Promise<void> {
    await this.#takeSlot()
    try {
      const descriptor = await openListed(file)
      try {
        try {
          await fill(file, descriptor, offset, buffer)
        } finally {
          // What is not that file any more explains a failed read, too.
          await assertListed(file, descriptor)
        }
      } finally {
        await closeListed(descriptor)
      }
    } finally {
      this.#giveSlot()
    }
  }

  /** The file, opened before or now; the last one to be closed for others. */
  #hold(file: ListedFile): Held {
    const held = this.#held.get(file) ?? this.#begin(file)
    this.#held.delete(file)
    this.#held.set(file, held)
    return held
  }

  #begin(file: ListedFile): Held {
    const held = { descriptor: this.#open(file), users: 0, isDropped: false }
    held.descriptor.catch(() => {
      if (this.#held.get(file) === held) this.#held.delete(file)
    })
    return held
  }

  async #open(file: ListedFile): Promise<number> {
    await this.#takeSlot()
    try {
      const descriptor = await openListed(file)
      try {
        await assertListed(file, descriptor)
        return descriptor
      } catch (thrown) {
        await closeListed(descriptor)
        throw thrown
      }
    } catch (thrown) {
      this.#giveSlot()
      throw thrown
    }
  }

  /** After a read: what is not used any more is closed, or makes room. */
  #settle(file: ListedFile, held: Held): void {
    if (held.users > 0) return
    if (held.isDropped) void this.#close(held)
    else if (this.#waiting.length > 0) this.drop(file)
  }

  async #close(held: Held): Promise<void> {
    const descriptor = await held.descriptor.catch(() => undefined)
    if (descriptor === undefined) return
    await closeListed(descriptor)
    this.#giveSlot()
  }

  async #takeSlot(): Promise<void> {
    if (this.#closed !== undefined) throw this.#closed
    if (this.#slots < this.#mostDescriptors) {
      this.#slots++
      return
    }
    for (const [file, { users }] of this.#held) {
      if (users > 0) continue
      this.drop(file)
      break
    }
    await new Promise<void>((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  #giveSlot(): void {
    const next = this.#waiting.shift()
    if (next !== undefined) {
      next.resolve()
      return
    }
    this.#slots--
    if (this.#slots === 0) this.#onEmpty?.()
  }
}
