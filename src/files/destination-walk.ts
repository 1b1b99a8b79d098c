import type { Stats } from 'node:fs'
import { join } from 'node:path'
import { ShareError } from '../errors.ts'
import { findAt } from './existing.ts'
import { fileExists, isSystemError } from './file-error.ts'
import { fileKind } from './file-kind.ts'
import { type HeldDirectory, holdDirectory } from './held-directory.ts'

/**
 * Finds directories of the destination, component by component and never through a symbolic link,
 * and keeps those on the way to the last one open. One request at a time.
 */
export class DestinationWalk {
  readonly #root: HeldDirectory
  readonly #way: { name: string; directory: HeldDirectory }[] = []
  #last: Promise<unknown> = Promise.resolve()

  /** `root` stays with the caller. */
  constructor(root: HeldDirectory) {
    this.#root = root
  }

  /**
   * Runs `work` with the directory of this path, joined by `/`, empty for the root itself; undefined
   * where there is none. Throws `file-exists` for something else in its place.
   */
  async within<Result>(
    path: string,
    work: (directory: HeldDirectory | undefined) => Promise<Result>,
  ): Promise<Result> {
    const turn = this.#last.then(async () => work(await this.#find(path)))
    this.#last = turn.catch(() => undefined)
    return turn
  }

  async close(): Promise<void> {
    await this.#last
    await this.#goBackTo(0)
  }

  async #find(path: string): Promise<HeldDirectory | undefined> {
    const names = path === '' ? [] : path.split('/')
    const common = this.#way.findIndex(({ name }, index) => name !== names[index])
    await this.#goBackTo(common === -1 ? Math.min(this.#way.length, names.length) : common)
    for (const name of names.slice(this.#way.length)) {
      const directory = await enterDirectory(this.#way.at(-1)?.directory ?? this.#root, name)
      if (directory === undefined) return undefined
      this.#way.push({ name, directory })
    }
    return this.#way.at(-1)?.directory ?? this.#root
  }

  async #goBackTo(length: number): Promise<void> {
    for (const { directory } of this.#way.splice(length)) await directory.close()
  }
}

/**
 * Holds the directory `name` in `parent`; undefined where there is nothing. Throws `file-exists` for
 * anything else, symbolic links included.
 */
export async function enterDirectory(
  parent: HeldDirectory,
  name: string,
): Promise<HeldDirectory | undefined> {
  const path = join(parent.path, name)
  const found = await findAt(parent, name)
  if (found === undefined) return undefined
  if (!found.isDirectory()) throw fileExists(path, fileKind(found))
  try {
    return await holdDirectory(parent.at(name), path)
  } catch (thrown) {
    if (!isLinkNow(thrown)) throw thrown
    throw fileExists(path, 'something else', thrown)
  }
}

/** The kind of thing that keeps a file from being at `name`, even where files are overwritten. */
export function assertReplaceable(directory: HeldDirectory, name: string, found: Stats): void {
  if (found.isFile() || found.isSymbolicLink()) return
  throw fileExists(join(directory.path, name), fileKind(found))
}

function isLinkNow(thrown: unknown): boolean {
  return thrown instanceof ShareError && isSystemError(thrown.cause, 'ELOOP', 'ENOTDIR', 'EMLINK')
}
