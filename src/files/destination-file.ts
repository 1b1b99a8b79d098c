import { type BigIntStats, constants } from 'node:fs'
import { copyFile, type FileHandle, lstat, open } from 'node:fs/promises'
import { join } from 'node:path'
import { ShareError, throwIfAborted } from '../errors.ts'
import { BLOCK_BYTES } from '../limits.ts'
import { printable } from '../printable.ts'
import type { DestinationWalk } from './destination-walk.ts'
import { findAt } from './existing.ts'
import { isSystemError } from './file-error.ts'
import { isSameFile } from './file-kind.ts'
import { writeParts } from './write-parts.ts'

/** Where an entry will be: its directory, joined by `/`, and its name there. */
export interface DestinationPlace {
  directory: string
  name: string
}

/** A regular file that is in an entry's place already, as it was when it was found. */
export class DestinationFile {
  readonly #walk: DestinationWalk
  readonly #place: DestinationPlace
  readonly #found: BigIntStats

  private constructor(walk: DestinationWalk, place: DestinationPlace, found: BigIntStats) {
    this.#walk = walk
    this.#place = place
    this.#found = found
  }

  /** Undefined where there is none that can be read. Throws `file-exists` as `DestinationWalk` does. */
  static async find(
    walk: DestinationWalk,
    place: DestinationPlace,
  ): Promise<DestinationFile | undefined> {
    return walk.within(place.directory, async (directory) => {
      if (directory === undefined) return undefined
      const found = await lstat(directory.at(place.name), { bigint: true }).catch(() => undefined)
      if (!found?.isFile()) return undefined
      const handle = await open(directory.at(place.name), READING).catch(() => undefined)
      if (handle === undefined) return undefined
      try {
        const opened = await handle.stat({ bigint: true })
        return isSameFile(opened, found) ? new DestinationFile(walk, place, opened) : undefined
      } finally {
        await handle.close()
      }
    })
  }

  /** Whether anything is there, followed or not. */
  static async isTaken(walk: DestinationWalk, place: DestinationPlace): Promise<boolean> {
    return walk.within(
      place.directory,
      async (directory) =>
        directory !== undefined && (await findAt(directory, place.name)) !== undefined,
    )
  }

  get bytes(): number {
    return Number(this.#found.size)
  }

  /** Throws `file-changed` if it is not as it was found. */
  async open(): Promise<FileHandle> {
    const { directory, name } = this.#place
    const handle = await this.#walk.within(directory, async (held) => {
      if (held === undefined) throw this.#changed()
      try {
        return await open(held.at(name), READING)
      } catch (thrown) {
        if (isSystemError(thrown, 'ENOENT', 'ELOOP')) throw this.#changed()
        throw thrown
      }
    })
    try {
      await this.assertUnchanged(handle)
      return handle
    } catch (thrown) {
      await handle.close().catch(() => undefined)
      throw thrown
    }
  }

  /** Throws `file-changed` if the open file is not as it was found. */
  async assertUnchanged(handle: FileHandle): Promise<void> {
    const now = await handle.stat({ bigint: true })
    const { size, mtimeNs, ctimeNs } = this.#found
    if (!isSameFile(now, this.#found)) throw this.#changed()
    if (now.size !== size || now.mtimeNs !== mtimeNs || now.ctimeNs !== ctimeNs) {
      throw this.#changed()
    }
  }

  /** Copies its first `maxBytes`, sharing them where the file system can, into `to`. */
  async copyTo(to: FileHandle, maxBytes: number, signal: AbortSignal): Promise<void> {
    const from = await this.open()
    try {
      const bytes = Math.min(this.bytes, maxBytes)
      if (!(await isCloned(from, to))) await copyBlocks(from, to, bytes, signal)
      await to.truncate(bytes)
      await this.assertUnchanged(from)
    } finally {
      await from.close()
    }
  }

  #changed(): ShareError {
    const path = printable(join(this.#place.directory, this.#place.name))
    return new ShareError('file-changed', `"${path}" was changed while it was compared`, {
      hint: 'Receive again when nothing writes to the file.',
    })
  }
}

const READING = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** Node clones by path only; on Linux, descriptors have some. */
async function isCloned(from: FileHandle, to: FileHandle): Promise<boolean> {
  if (process.platform !== 'linux') return false
  try {
    const [source, target] = [from, to].map(({ fd }) => `/proc/self/fd/${fd}`)
    await copyFile(source ?? '', target ?? '', constants.COPYFILE_FICLONE_FORCE)
    return true
  } catch (thrown) {
    if (isSystemError(thrown)) return false
    throw thrown
  }
}

async function copyBlocks(
  from: FileHandle,
  to: FileHandle,
  bytes: number,
  signal: AbortSignal,
): Promise<void> {
  const buffer = Buffer.allocUnsafe(Math.min(bytes, BLOCK_BYTES))
  for (let offset = 0; offset < bytes; ) {
    throwIfAborted(signal)
    const length = Math.min(buffer.length, bytes - offset)
    const { bytesRead } = await from.read(buffer, 0, length, offset)
    if (bytesRead === 0) return
    await writeParts(to, offset, [buffer.subarray(0, bytesRead)])
    offset += bytesRead
  }
}
