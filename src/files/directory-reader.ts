import { isUtf8 } from 'node:buffer'
import { type Dir, type Dirent, opendirSync } from 'node:fs'
import { opendir } from 'node:fs/promises'
import { DIRECTORY_BUFFER_ENTRIES } from '../limits.ts'
import type { PromptWork } from './prompt-work.ts'

/** A name in a directory, and what is known of it without a look. */
export interface FoundName {
  /** With replacement characters where it is not valid UTF-8. */
  readonly name: string
  readonly isUtf8: boolean
  readonly isDirectory: boolean
  readonly isSymbolicLink: boolean
}

/** Names as the system stores them, which Node's types do not know of here. */
const OPTIONS = {
  encoding: 'buffer' as BufferEncoding,
  bufferSize: DIRECTORY_BUFFER_ENTRIES,
}

/** Reads a directory piece by piece, however large it is. */
export class DirectoryReader {
  readonly #directory: Dir
  readonly #prompt: PromptWork

  private constructor(directory: Dir, prompt: PromptWork) {
    this.#directory = directory
    this.#prompt = prompt
  }

  /** Throws what the system says. `prompt` says how it is read. */
  static async open(location: string, prompt: PromptWork): Promise<DirectoryReader> {
    const directory = await prompt.run(
      () => opendirSync(location, OPTIONS),
      () => opendir(location, OPTIONS),
    )
    return new DirectoryReader(directory, prompt)
  }

  /** The next names, at most `count`, in the file system's order; none when there are no more. */
  next(count: number): Promise<FoundName[]> {
    return this.#prompt.run(
      () => this.#nextAtOnce(count),
      () => this.#nextInBackground(count),
    )
  }

  async close(): Promise<void> {
    await this.#prompt.run(
      () => this.#directory.closeSync(),
      () => this.#directory.close(),
    )
  }

  #nextAtOnce(count: number): FoundName[] {
    const found: FoundName[] = []
    while (found.length < count) {
      const entry = this.#directory.readSync()
      if (entry === null) break
      found.push(foundName(entry))
    }
    return found
  }

  async #nextInBackground(count: number): Promise<FoundName[]> {
    const found: FoundName[] = []
    while (found.length < count) {
      const entry = await this.#directory.read()
      if (entry === null) break
      found.push(foundName(entry))
    }
    return found
  }
}

function foundName(entry: Dirent): FoundName {
  const name = Buffer.from(entry.name)
  return {
    name: name.toString(),
    isUtf8: isUtf8(name),
    isDirectory: entry.isDirectory(),
    isSymbolicLink: entry.isSymbolicLink(),
  }
}
