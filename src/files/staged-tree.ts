import { constants, openSync } from 'node:fs'
import { chmod, type FileHandle, lstat, mkdir, open, truncate } from 'node:fs/promises'
import { isSystemError, withFileErrors } from './file-error.ts'
import { type HeldDirectory, holdDirectory } from './held-directory.ts'
import { removeTree } from './remove-tree.ts'

/** Its name in the staging directory. */
export const TREE_DIRECTORY = 'tree'

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = constants

/**
 * The entries in a staging directory, each under its path. Directories on the way to a path are our
 * own; what an earlier run left at the path itself may be anything, and is never followed.
 */
export class StagedTree {
  readonly directory: HeldDirectory

  private constructor(directory: HeldDirectory) {
    this.directory = directory
  }

  /** Finds or makes it in `staged`. */
  static async open(staged: HeldDirectory): Promise<StagedTree> {
    await ensureDirectory(staged, TREE_DIRECTORY)
    return new StagedTree(await holdDirectory(staged.at(TREE_DIRECTORY), staged.path))
  }

  async close(): Promise<void> {
    await this.directory.close()
  }

  /** Makes sure that there is a directory at `path` in which we may do anything. */
  async makeDirectory(path: string): Promise<void> {
    await ensureDirectory(this.directory, path)
  }

  /** As `createFile`, at once; gives a descriptor, and undefined where something is there. */
  createAtOnce(path: string, mode: number): number | undefined {
    try {
      return openSync(this.directory.at(path), O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR, mode)
    } catch (thrown) {
      if (isSystemError(thrown, 'EEXIST')) return undefined
      throw thrown
    }
  }

  /** Creates a file, with these permissions less the umask, in the place of anything that is there. */
  async createFile(path: string, mode: number): Promise<FileHandle> {
    const create = () => open(this.directory.at(path), O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR, mode)
    try {
      return await create()
    } catch (thrown) {
      if (!isSystemError(thrown, 'EEXIST')) throw thrown
      await this.remove(path)
      return create()
    }
  }

  /** Opens the file at `path`, whatever its permissions. */
  async openFile(path: string): Promise<FileHandle> {
    const access = this.directory.at(path)
    const reopen = () => open(access, O_RDWR | O_NOFOLLOW | O_NONBLOCK)
    try {
      return await reopen()
    } catch (thrown) {
      if (!isSystemError(thrown, 'EACCES') || !(await lstat(access)).isFile()) throw thrown
      await chmod(access, 0o600)
      return reopen()
    }
  }

  /**
   * The size of the file that an earlier run left at `path`, cut to `maxBytes`; undefined where there
   * is none. Anything else is removed, and so is a file that has another name too: one that was
   * being published, which patching would change.
   */
  async reuseFile(path: string, maxBytes: number): Promise<number | undefined> {
    return withFileErrors('look at', path, async () => {
      const found = await lstat(this.directory.at(path)).catch((thrown) => {
        if (isSystemError(thrown, 'ENOENT')) return undefined
        throw thrown
      })
      if (found === undefined) return undefined
      if (!found.isFile() || found.nlink > 1) {
        await this.remove(path)
        return undefined
      }
      if (found.size <= maxBytes) return found.size
      if ((found.mode & 0o200) === 0) await chmod(this.directory.at(path), 0o600)
      await truncate(this.directory.at(path), maxBytes)
      return maxBytes
    })
  }

  async remove(path: string): Promise<void> {
    await removeTree(this.directory, path)
  }
}

/** `path` in `parent`; only its last component may be anything but a directory. */
async function ensureDirectory(parent: HeldDirectory, path: string): Promise<void> {
  await withFileErrors('create', path, async () => {
    const access = parent.at(path)
    try {
      return await mkdir(access, { mode: 0o700 })
    } catch (thrown) {
      if (!isSystemError(thrown, 'EEXIST')) throw thrown
    }
    const found = await lstat(access)
    if (found.isDirectory()) {
      if ((found.mode & 0o700) !== 0o700) await chmod(access, 0o700)
      return
    }
    await removeTree(parent, path)
    await mkdir(access, { mode: 0o700 })
  })
}
