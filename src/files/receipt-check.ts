import { lstat, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ShareError } from '../errors.ts'
import type { VerifyEvent, VerifySummary } from '../events.ts'
import { VERIFIED_AT_ONCE } from '../limits.ts'
import { printable } from '../printable.ts'
import { fileDigest, OtherKindError } from './file-digest.ts'
import { fileError, isSystemError, withFileErrors } from './file-error.ts'
import { fileKind } from './file-kind.ts'
import type { ReceiptEnd, ReceiptFile } from './receipt-format.ts'
import { readReceipt } from './receipt-reader.ts'

type Mismatch = VerifyEvent & { event: 'mismatch' }

/** A name that its file system cannot have is not there either. */
const MISSING = ['ENOENT', 'ENAMETOOLONG']
/** A file where a directory should be, or a symbolic link in the place of the file. */
const OTHER_KIND = ['ENOTDIR', 'ELOOP']

export interface ReceiptCheckInit {
  receipt: string
  /** Where the paths of the receipt begin. */
  directory: string
  signal: AbortSignal
  /** Told of each file that is not as the receipt says, in no particular order. */
  onMismatch: (mismatch: Mismatch) => void
}

/**
 * Compares the files below `directory` with the receipt: that they are there, regular files, of the
 * same size, with the same contents. What else is there does not matter. Symbolic links are not
 * followed. Memory is bounded, however many files there are.
 * Throws `not-found` and `file-failed` for the directory, and as `readReceipt`.
 */
export async function checkReceipt(init: ReceiptCheckInit): Promise<VerifySummary> {
  const { signal, onMismatch } = init
  const directory = resolve(init.directory)
  await assertDirectory(directory, init.directory)
  // One worker's failure ends the others at their next step.
  const ending = new AbortController()
  const stop = AbortSignal.any([signal, ending.signal])
  const files = readReceipt(init.receipt, stop)
  const kinds = new DirectoryKinds(directory)
  let end: ReceiptEnd | undefined
  let mismatches = 0

  const work = async () => {
    for (;;) {
      const next = await files.next()
      if (next.done) {
        end ??= next.value
        return
      }
      const reason = await compare(next.value, { directory, kinds, signal: stop })
      if (reason === undefined) continue
      mismatches += 1
      onMismatch({ event: 'mismatch', path: next.value.path, reason })
    }
  }
  const workers = Array.from({ length: VERIFIED_AT_ONCE }, () =>
    work().catch((thrown: unknown) => {
      ending.abort(thrown)
      throw thrown
    }),
  )
  try {
    await Promise.all(workers)
  } finally {
    await Promise.allSettled(workers)
    await files.return(undefined)
  }
  if (end === undefined) throw new TypeError('a receipt without an end')
  return { ...end.totals, mismatches, digest: end.digest }
}

interface Comparison {
  directory: string
  kinds: DirectoryKinds
  signal: AbortSignal
}

/** What is wrong with `file`, if anything is. */
async function compare(
  file: ReceiptFile,
  { directory, kinds, signal }: Comparison,
): Promise<Mismatch['reason'] | undefined> {
  const names = file.path.split('/')
  const path = join(directory, ...names)
  try {
    await kinds.assertDirectories(names.slice(0, -1))
    // Looked at first, because opening alone makes some devices act.
    const stats = await lstat(path)
    if (!stats.isFile() || stats.size !== file.bytes) return 'changed'
    const found = await fileDigest(path, signal)
    return found.bytes === file.bytes && found.sha256 === file.sha256 ? undefined : 'changed'
  } catch (thrown) {
    if (thrown instanceof OtherKindError || isSystemError(thrown, ...OTHER_KIND)) return 'changed'
    if (isSystemError(thrown, ...MISSING)) return 'missing'
    if (isSystemError(thrown, 'EMFILE', 'ENFILE', 'ENOMEM')) throw fileError(thrown, 'read', path)
    if (isSystemError(thrown)) return 'unreadable'
    throw thrown
  }
}

/** Knows of the directories on the way to the file last asked for that they are no links. */
class DirectoryKinds {
  readonly #root: string
  #last: { path: string; checked: Promise<void> } | undefined

  constructor(root: string) {
    this.#root = root
  }

  /** Throws where one of the directories `names`, each in the one before, is none or is missing. */
  async assertDirectories(names: readonly string[]): Promise<void> {
    const path = names.join('/')
    if (this.#last?.path !== path) {
      const checked = this.#check(names)
      checked.catch(() => {})
      this.#last = { path, checked }
    }
    await this.#last.checked
  }

  async #check(names: readonly string[]): Promise<void> {
    let path = this.#root
    for (const name of names) {
      path = join(path, name)
      if (!(await lstat(path)).isDirectory()) throw new OtherKindError()
    }
  }
}

async function assertDirectory(directory: string, shown: string): Promise<void> {
  const stats = await withFileErrors('look into', shown, () => stat(directory))
  if (stats.isDirectory()) return
  throw new ShareError(
    'file-failed',
    `"${printable(shown)}" is ${fileKind(stats)}, not a directory`,
    { hint: 'Name the directory that the files were saved in.' },
  )
}
