import { constants, type Dirent } from 'node:fs'
import { open, rename, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { enterDirectory } from './destination-walk.ts'
import { findAt, isReplaceable } from './existing.ts'
import { fileExists, isSystemError } from './file-error.ts'
import { fileKind } from './file-kind.ts'
import type { HeldDirectory } from './held-directory.ts'
import { moveDirectory } from './move-directory.ts'
import { moveExclusively } from './move-exclusively.ts'
import { emptyOut, holdOwnDirectory, removeTree } from './remove-tree.ts'

/**
 * What to do with a file whose place is taken by another: take its place (`over`), leave it out
 * (`beside`), or refuse.
 */
export type Placing = 'over' | 'beside' | 'never'

export interface Merge {
  files: Exclude<Placing, 'never'>
  signal: AbortSignal
}

/**
 * Moves what is in the directory `name` of `source` to the same places in `target`, which keeps
 * everything else, and its directories their attributes. Never through a symbolic link. A directory
 * that is new there appears in one step with everything in it.
 * Throws `file-exists` where a directory and something else would be in one place; what was moved
 * before stays then.
 */
export async function mergeDirectory(
  source: HeldDirectory,
  name: string,
  target: HeldDirectory,
  merge: Merge,
): Promise<void> {
  const staged = await holdOwnDirectory(source, name)
  try {
    await emptyOut(
      staged,
      async (entry) => {
        if (entry.isDirectory()) await mergeChild(staged, entry, target, merge)
        else await placeFile(staged, entry.name, target, entry.name, merge.files)
        return true
      },
      merge.signal,
    )
    await target.sync()
  } finally {
    await staged.close()
  }
  await rmdir(source.at(name))
}

async function mergeChild(
  staged: HeldDirectory,
  { name }: Dirent,
  target: HeldDirectory,
  merge: Merge,
): Promise<void> {
  const existing = await enterDirectory(target, name)
  if (existing === undefined) return moveDirectory(staged, name, target, name)
  try {
    await mergeDirectory(staged, name, existing, merge)
  } finally {
    await existing.close()
  }
}

/**
 * Moves a file into its place. One that is there is replaced in one step, a link itself and not what
 * it points to, or stays, as `placing` says. Throws `file-exists` for anything but those.
 */
export async function placeFile(
  source: HeldDirectory,
  from: string,
  target: HeldDirectory,
  to: string,
  placing: Placing,
): Promise<void> {
  const found = await findAt(target, to)
  if (found !== undefined) {
    if (placing === 'beside' && !found.isDirectory()) return removeTree(source, from)
    if (placing === 'over' && isReplaceable(found)) return replaceFile(source, from, target, to)
    throw fileExists(join(target.path, to), fileKind(found))
  }
  try {
    await moveExclusively(source.at(from), target.at(to))
  } catch (thrown) {
    if (!isSystemError(thrown, 'EEXIST')) throw thrown
    throw fileExists(join(target.path, to), 'something', thrown)
  }
}

async function replaceFile(
  source: HeldDirectory,
  from: string,
  target: HeldDirectory,
  to: string,
): Promise<void> {
  // Or else a crash could leave neither the old contents nor the new.
  await syncFile(source.at(from))
  try {
    await rename(source.at(from), target.at(to))
  } catch (thrown) {
    if (!isSystemError(thrown, 'EISDIR', 'EEXIST', 'ENOTEMPTY')) throw thrown
    throw fileExists(join(target.path, to), 'something', thrown)
  }
}

async function syncFile(path: string): Promise<void> {
  const flags = process.platform === 'win32' ? constants.O_RDWR : constants.O_RDONLY
  const handle = await open(path, flags | constants.O_NOFOLLOW).catch((thrown) => {
    // It was given permissions that keep us from opening it.
    if (isSystemError(thrown, 'EACCES', 'EPERM')) return undefined
    throw thrown
  })
  if (handle === undefined) return
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
