import { isUtf8 } from 'node:buffer'
import type { Dir } from 'node:fs'
import { opendir } from 'node:fs/promises'
import { DIRECTORY_BUFFER_ENTRIES } from '../limits.ts'

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

  private constructor(directory: Dir) {
    this.#directory = directory
  }

  /** Throws what the system says. */
  static async open(location: string): Promise<DirectoryReader> {
    return new DirectoryReader(await opendir(location, OPTIONS))
  }

  /** The next names, at most `count`, in the file system's order; none when there are no more. */
  async next(count: number): Promise<FoundName[]> {
    const found: FoundName[] = []
    while (found.length < count) {
      const entry = await this.#directory.read()
      if (entry === null) break
      const name = Buffer.from(entry.name)
      found.push({
        name: name.toString(),
        isUtf8: isUtf8(name),
        isDirectory: entry.isDirectory(),
        isSymbolicLink: entry.isSymbolicLink(),
      })
    }
    return found
  }

  async close(): Promise<void> {
    await this.#directory.close()
  }
}
