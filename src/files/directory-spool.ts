import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { KIB } from '../limits.ts'
import { withFileErrors } from './file-error.ts'
import type { HeldDirectory } from './held-directory.ts'
import { removeTree } from './remove-tree.ts'

/** What a directory is to be like once everything is in it. */
export interface SpooledDirectory {
  path: string
  mode: number
  modifiedMs: number
}

const SPOOL_FILE = 'directories'
/** Behind each path: mode, time, and the path's length, which is found first when reading back. */
const TRAILER_BYTES = 4 + 8 + 4
/** More than one record of the longest path. */
const READ_BYTES = 64 * KIB

/** Directories in a file rather than in memory, to be read from the last one back. */
export class DirectorySpool {
  readonly #handle: FileHandle
  readonly #path: string
  #bytes = 0

  private constructor(handle: FileHandle, path: string) {
    this.#handle = handle
    this.#path = path
  }

  /** Begins a new one in the staging directory. */
  static async create(staged: HeldDirectory): Promise<DirectorySpool> {
    await removeTree(staged, SPOOL_FILE)
    const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR } = constants
    return withFileErrors('create a file in', staged.path, async () => {
      const flags = O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR
      return new DirectorySpool(await open(staged.at(SPOOL_FILE), flags, 0o600), staged.path)
    })
  }

  async add(directories: readonly SpooledDirectory[]): Promise<void> {
    if (directories.length === 0) return
    const records = Buffer.concat(directories.flatMap(encode))
    await withFileErrors('write a file in', this.#path, async () => {
      let done = 0
      while (done < records.length) {
        const left = records.length - done
        const { bytesWritten } = await this.#handle.write(records, done, left, this.#bytes + done)
        done += bytesWritten
      }
    })
    this.#bytes += records.length
  }

  /** Children before their parents, as parents were added first. */
  async *backwards(): AsyncGenerator<SpooledDirectory, void, undefined> {
    let end = this.#bytes
    while (end > 0) {
      const start = Math.max(0, end - READ_BYTES)
      const chunk = await this.#read(start, end - start)
      let at = chunk.length
      for (;;) {
        const decoded = decodeLast(chunk.subarray(0, at))
        if (decoded === undefined) break
        at -= decoded.bytes
        yield decoded.directory
      }
      if (at === chunk.length) throw new TypeError('the list of directories is damaged')
      end = start + at
    }
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }

  async #read(start: number, length: number): Promise<Buffer> {
    const chunk = Buffer.alloc(length)
    let done = 0
    while (done < length) {
      const { bytesRead } = await this.#handle.read(chunk, done, length - done, start + done)
      if (bytesRead === 0) throw new TypeError('the list of directories is damaged')
      done += bytesRead
    }
    return chunk
  }
}

function encode({ path, mode, modifiedMs }: SpooledDirectory): Buffer[] {
  const name = Buffer.from(path)
  const trailer = Buffer.alloc(TRAILER_BYTES)
  trailer.writeUInt32LE(mode & 0o777, 0)
  trailer.writeDoubleLE(modifiedMs, 4)
  trailer.writeUInt32LE(name.length, 12)
  return [name, trailer]
}

/** Undefined where `chunk` does not reach back to the record's beginning. */
function decodeLast(chunk: Buffer): { directory: SpooledDirectory; bytes: number } | undefined {
  const trailer = chunk.length - TRAILER_BYTES
  if (trailer < 0) return undefined
  const start = trailer - chunk.readUInt32LE(trailer + 12)
  if (start < 0) return undefined
  const directory = {
    path: chunk.toString('utf8', start, trailer),
    mode: chunk.readUInt32LE(trailer),
    modifiedMs: chunk.readDoubleLE(trailer + 4),
  }
  return { directory, bytes: chunk.length - start }
}
