import { withFileErrors } from './file-error.ts'
import type { HeldDirectory } from './held-directory.ts'
import { emptyOut, holdOwnDirectory, removeTree } from './remove-tree.ts'

/**
 * Removes from `directory`, which is at `path` in the tree, what `isListed` does not know: entries of
 * an earlier run that are not sent any more.
 */
export async function pruneTree(
  directory: HeldDirectory,
  isListed: (path: string, kind: 'file' | 'directory') => boolean,
  signal: AbortSignal,
  path = '',
): Promise<void> {
  await withFileErrors('tidy up', directory.path, () =>
    emptyOut(
      directory,
      async (entry) => {
        const below = path === '' ? entry.name : `${path}/${entry.name}`
        if (!entry.isDirectory()) {
          if (entry.isFile() && isListed(below, 'file')) return false
        } else if (isListed(below, 'directory')) {
          const held = await holdOwnDirectory(directory, entry.name)
          try {
            await pruneTree(held, isListed, signal, below)
          } finally {
            await held.close()
          }
          return false
        }
        await removeTree(directory, entry.name, signal)
        return true
      },
      signal,
    ),
  )
}
