import { createHash, randomBytes } from 'node:crypto'
import { lstat, mkdir, opendir, rmdir, unlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { ShareError } from '../errors.ts'
import { STAGING_CREATION_MS } from '../limits.ts'
import { printable } from '../printable.ts'
import { isSystemError, withFileErrors } from './file-error.ts'
import { type HeldDirectory, holdDirectory } from './held-directory.ts'
import { describeProcess, isAlive, readOwner, writeOwner } from './owner.ts'

/** What arrived so far. */
export const DATA_FILE = 'data'
/** Who writes it (`owner.ts`). */
export const OWNER_FILE = 'owner'

/**
 * Creates `.p2pshare-<key>.<random>` in `parent`, for this process and this user alone, with
 * nothing in it but its owner's file. The key is hashed: the name tells nothing of it.
 */
export async function createStagingDirectory(
  parent: HeldDirectory,
  key: string,
): Promise<HeldDirectory> {
  const name = `${stagingPrefix(key)}${randomBytes(8).toString('hex')}`
  await withFileErrors('create a directory in', parent.path, () =>
    mkdir(parent.at(name), { mode: 0o700 }),
  )
  const staged = await holdStaging(parent, name)
  try {
    const owner = await describeProcess(process.pid)
    await withFileErrors('create a file in', staged.path, async () => {
      await writeOwner(staged.at(OWNER_FILE), owner, 'wx')
      await assertCreatedByUs(staged)
    })
    return staged
  } catch (thrown) {
    await removeStagingDirectory(parent, staged).catch(() => undefined)
    throw thrown
  }
}

/**
 * Removes and closes a staging directory. Only the files that belong in it are deleted, by name:
 * whatever else somebody put there makes this fail rather than disappear.
 */
export async function removeStagingDirectory(
  parent: HeldDirectory,
  staged: HeldDirectory,
): Promise<void> {
  try {
    await withFileErrors('remove', staged.path, async () => {
      await ifThere(unlink(staged.at(DATA_FILE)))
      await ifThere(unlink(staged.at(OWNER_FILE)))
      await ifThere(rmdir(parent.at(basename(staged.path))))
    })
  } finally {
    await staged.close()
  }
}

/**
 * Removes what interrupted runs for the same key left in `parent`: directories of this user whose
 * owner is dead or has let go. One that resists stays, it does not stop a new transfer.
 */
export async function removeAbandonedStagings(parent: HeldDirectory, key: string): Promise<void> {
  const names: string[] = []
  await withFileErrors('read', parent.path, async () => {
    for await (const { name } of await opendir(parent.at('.'))) {
      if (name.startsWith(stagingPrefix(key))) names.push(name)
    }
  })
  for (const name of names) {
    await removeIfAbandoned(parent, name).catch(() => undefined)
  }
}

async function removeIfAbandoned(parent: HeldDirectory, name: string): Promise<void> {
  const staged = await holdStaging(parent, name)
  try {
    if (belongsToUs(staged) && (await isAbandoned(staged))) {
      await removeStagingDirectory(parent, staged)
    }
  } finally {
    await staged.close()
  }
}

async function isAbandoned(staged: HeldDirectory): Promise<boolean> {
  const owner = await readOwner(staged.at(OWNER_FILE))
  if (owner === undefined) {
    return Date.now() - Number(staged.identity.mtimeMs) > STAGING_CREATION_MS
  }
  return owner === null || !(await isAlive(owner))
}

/**
 * Throws `permission` if the directory just created was swapped for somebody else's before it was
 * opened. A file made in it by us shows whose name we go by in this file system: it may have no
 * users (exFAT) or take root for another (NFS).
 */
async function assertCreatedByUs(staged: HeldDirectory): Promise<void> {
  const { uid } = await lstat(staged.at(OWNER_FILE), { bigint: true })
  if (uid === staged.identity.uid) return
  throw new ShareError('permission', `"${printable(staged.path)}" was replaced by somebody else`)
}

/** On Windows access lists say it instead; there, 64 bits of the key in the name have to do. */
function belongsToUs(staged: HeldDirectory): boolean {
  const user = process.geteuid?.()
  return user === undefined || staged.identity.uid === BigInt(user)
}

async function holdStaging(parent: HeldDirectory, name: string): Promise<HeldDirectory> {
  return holdDirectory(parent.at(name), join(parent.path, name))
}

function stagingPrefix(key: string): string {
  return `.p2pshare-${createHash('sha256').update(key).digest('hex').slice(0, 16)}.`
}

async function ifThere(removal: Promise<void>): Promise<void> {
  try {
    await removal
  } catch (thrown) {
    if (!isSystemError(thrown, 'ENOENT')) throw thrown
  }
}
