import type { Stats } from 'node:fs'
import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { throwIfAborted } from '../errors.ts'
import { fileExists, isSystemError, withFileErrors } from './file-error.ts'
import { fileKind } from './file-kind.ts'
import { freeName } from './free-name.ts'
import type { HeldDirectory } from './held-directory.ts'

/** What to do where something is already. */
export type Existing = 'refuse' | 'overwrite' | 'rename' | 'skip'

/** `Existing`, or someone to ask for each path that is taken. */
export type ExistingPolicy = Existing | ((path: string, signal: AbortSignal) => Promise<Existing>)

/**
 * What becomes of one root: `create` where nothing is yet, `replace` a file, leave a file (`skip`),
 * put a directory's files into the one that is there, over those in their place
 * (`merge-over`) or beside them (`merge-beside`).
 */
export type RootAction = 'create' | 'replace' | 'skip' | 'merge-over' | 'merge-beside'

export interface RootPlan {
  /** The name in the destination. */
  name: string
  action: RootAction
}

export interface RootQuestion {
  name: string
  kind: 'file' | 'directory'
  existing: ExistingPolicy
  /** Whether the user wants what is there brought up to date, which is to overwrite it. */
  update: boolean
  signal: AbortSignal
  /** Names that other roots will have. */
  isPromised?: ((name: string) => boolean) | undefined
}

/**
 * Decides what becomes of a root in `directory`. Only a directory is merged into, and only a file
 * or symbolic link replaced. Throws `file-exists`, and what the one who is asked throws.
 */
export async function planRoot(
  directory: HeldDirectory,
  { name, kind, existing, update, signal, isPromised = () => false }: RootQuestion,
): Promise<RootPlan> {
  const isFree = async (candidate: string) =>
    !isPromised(candidate) && (await findAt(directory, candidate)) === undefined
  if (isPromised(name)) return { name: await freeName(name, kind, isFree), action: 'create' }
  const found = await findAt(directory, name)
  if (found === undefined) return { name, action: 'create' }
  const path = join(directory.path, name)
  const policy = update ? 'overwrite' : await ask(existing, path, signal)
  if (policy === 'rename') return { name: await freeName(name, kind, isFree), action: 'create' }
  if (policy === 'refuse') throw fileExists(path, fileKind(found))
  const action = actionFor(policy, kind, found)
  if (action === undefined) throw fileExists(path, fileKind(found))
  return { name, action }
}

async function ask(existing: ExistingPolicy, path: string, signal: AbortSignal): Promise<Existing> {
  if (typeof existing !== 'function') return existing
  const answer = await existing(path, signal)
  throwIfAborted(signal)
  return answer
}

function actionFor(
  policy: 'overwrite' | 'skip',
  kind: 'file' | 'directory',
  found: Stats,
): RootAction | undefined {
  if (kind === 'directory') {
    if (!found.isDirectory()) return undefined
    return policy === 'overwrite' ? 'merge-over' : 'merge-beside'
  }
  if (policy === 'skip') return found.isDirectory() ? undefined : 'skip'
  return isReplaceable(found) ? 'replace' : undefined
}

/** Whether overwriting may take its place; a link itself is replaced, not what it points to. */
export function isReplaceable(found: Stats): boolean {
  return found.isFile() || found.isSymbolicLink()
}

/** What `name` in `directory` is, without following it; undefined for nothing. */
export async function findAt(
  directory: Pick<HeldDirectory, 'at' | 'path'>,
  name: string,
): Promise<Stats | undefined> {
  return withFileErrors('look at', join(directory.path, name), async () => {
    try {
      return await lstat(directory.at(name))
    } catch (thrown) {
      if (isSystemError(thrown, 'ENOENT')) return undefined
      throw thrown
    }
  })
}
