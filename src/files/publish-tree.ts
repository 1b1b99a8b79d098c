import { join } from 'node:path'
import { ShareError } from '../errors.ts'
import { printable } from '../printable.ts'
import { assertReplaceable, enterDirectory } from './destination-walk.ts'
import type { DirectorySpool } from './directory-spool.ts'
import { findAt } from './existing.ts'
import { fileExists, withFileErrors } from './file-error.ts'
import { fileKind } from './file-kind.ts'
import type { HeldDirectory } from './held-directory.ts'
import type { IncomingRoot } from './incoming-roots.ts'
import type { IncomingStaging } from './incoming-staging.ts'
import { mergeDirectory, placeFile } from './merge-tree.ts'
import { applyDirectoryAttributes, moveDirectory } from './move-directory.ts'
import { pruneTree } from './prune-tree.ts'
import { TREE_DIRECTORY } from './staged-tree.ts'

export interface Publication {
  roots: readonly IncomingRoot[]
  /** The name of the new directory that all roots go into; undefined where each has its own place. */
  together: string | undefined
  /** Whether the other side has listed what is staged at `path`. */
  isListed(path: string, kind: 'file' | 'directory'): boolean
  signal: AbortSignal
}

/** As `IncomingTree.publish`, but for the staging directory, which stays. */
export async function publishTree(
  { destination, staged, tree, spool, isAdopted }: IncomingStaging,
  { roots, together, isListed, signal }: Publication,
): Promise<void> {
  const { directory } = tree
  if (isAdopted) await pruneTree(directory, isListed, signal)
  await destination.assertInPlace()
  if (together === undefined) {
    for (const root of roots) await assertPublishable(directory, destination, root)
  }
  await applySpooled(directory, spool)
  if (together === undefined) {
    for (const root of roots) await publishRoot(directory, destination, root, signal)
  } else {
    await withFileErrors('save', join(destination.path, together), () =>
      moveDirectory(staged, TREE_DIRECTORY, destination, together, NEW_DIRECTORY),
    )
  }
  await destination.sync()
}

/** What a directory made by any program is like. */
const NEW_DIRECTORY = { mode: 0o777, modifiedMs: Number.NaN }

/** Gives the staged directories their permissions and times, children before parents. */
async function applySpooled(tree: HeldDirectory, spool: DirectorySpool): Promise<void> {
  for await (const { path, ...attributes } of spool.backwards()) {
    await withFileErrors('set the permissions of', path, () =>
      applyDirectoryAttributes(tree.at(path), attributes),
    )
  }
}

/**
 * Throws `file-exists` if what is in the place of `root` is not what was to be replaced there, and
 * `file-changed` if what was to stay is gone.
 */
async function assertPublishable(
  tree: HeldDirectory,
  destination: HeldDirectory,
  { name, action, entry }: IncomingRoot,
): Promise<void> {
  const found = await findAt(destination, name)
  const path = join(destination.path, name)
  if (found === undefined) {
    if ((await findAt(tree, entry.path)) !== undefined) return
    throw new ShareError('file-changed', `"${printable(path)}" was removed in the meantime`, {
      hint: 'Receive again when nothing changes the directory.',
    })
  }
  if (action === 'create') throw fileExists(path, fileKind(found))
  if (action === 'replace') assertReplaceable(destination, name, found)
  if (action.startsWith('merge') && !found.isDirectory()) throw fileExists(path, fileKind(found))
}

/** Moves `root` from the staged `tree` to its place. Throws as `assertPublishable`, and system errors. */
async function publishRoot(
  tree: HeldDirectory,
  destination: HeldDirectory,
  { name, action, entry }: IncomingRoot,
  signal: AbortSignal,
): Promise<void> {
  await withFileErrors('save', join(destination.path, name), async () => {
    if ((await findAt(tree, entry.path)) === undefined) return
    if (entry.kind === 'file') {
      if (action === 'skip') return
      return placeFile(tree, entry.path, destination, name, action === 'replace' ? 'over' : 'never')
    }
    const existing = action === 'create' ? undefined : await enterDirectory(destination, name)
    if (existing === undefined) {
      return moveDirectory(tree, entry.path, destination, name, entry)
    }
    try {
      const files = action === 'merge-over' ? 'over' : 'beside'
      await mergeDirectory(tree, entry.path, existing, { files, signal })
    } finally {
      await existing.close()
    }
  })
}
