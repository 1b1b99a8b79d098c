import { link, lstat, open, rename, unlink } from 'node:fs/promises'
import { isSystemError } from './file-error.ts'
import { isSameFile } from './file-kind.ts'

/** What exFAT, FAT, network shares and Android's shared storage answer to `link`. */
const NO_HARD_LINKS = ['EPERM', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EINVAL']

/**
 * Gives the file at `from` the name `to` in the same file system and takes its old one, but never
 * replaces anything: fails with EEXIST where `to` is taken, by whatever it is. `linkFile` is `link`
 * of node:fs.
 *
 * Where there are no hard links, an empty file is created under the name first and then renamed
 * over. In the moment between the two, that empty file can be seen, a kill leaves it behind, and
 * what another program puts in its place is lost; Node offers nothing better there.
 */
export async function moveExclusively(
  from: string,
  to: string,
  linkFile: (from: string, to: string) => Promise<void> = link,
): Promise<void> {
  try {
    await linkFile(from, to)
  } catch (thrown) {
    if (!isSystemError(thrown, ...NO_HARD_LINKS)) throw thrown
    return renameOverPlaceholder(from, to)
  }
  // The file has its name; a second one in the staging directory does no harm.
  await unlink(from).catch(() => undefined)
}

async function renameOverPlaceholder(from: string, to: string): Promise<void> {
  const handle = await open(to, 'wx', 0o600)
  const placeholder = await handle.stat({ bigint: true }).finally(() => handle.close())
  try {
    await rename(from, to)
  } catch (thrown) {
    const found = await lstat(to, { bigint: true }).catch(() => undefined)
    if (found?.size === 0n && isSameFile(found, placeholder)) {
      await unlink(to).catch(() => undefined)
    }
    throw thrown
  }
}
