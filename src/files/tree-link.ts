import type { BigIntStats } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { isAbsolute, relative, sep } from 'node:path'
import { isSystemError, withFileErrors } from './file-error.ts'
import { isGone, look } from './listed-file.ts'

/**
 * What a symbolic link in a tree leads to, or why it is not followed, as the rest of a sentence:
 * it must lead to something within the tree, whose root is at `realRoot`.
 * Throws `permission` or `file-failed`.
 */
export async function followLink(
  location: string,
  path: string,
  realRoot: string,
): Promise<BigIntStats | string> {
  return withFileErrors('follow', path, async () => {
    try {
      if (!isWithin(realRoot, await realpath(location))) return 'leads out of its tree'
      return await look(location, true)
    } catch (thrown) {
      if (isSystemError(thrown, 'ELOOP')) return 'leads to itself'
      if (isGone(thrown)) return 'leads nowhere'
      throw thrown
    }
  })
}

function isWithin(realRoot: string, target: string): boolean {
  const path = relative(realRoot, target)
  return path !== '..' && !path.startsWith(`..${sep}`) && !isAbsolute(path)
}
