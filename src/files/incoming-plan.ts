import { join } from 'node:path'
import { throwIfAborted } from '../errors.ts'
import { chooseDestination } from './destination.ts'
import { type ExistingPolicy, planRoot, type RootPlan } from './existing.ts'
import { holdDirectory } from './held-directory.ts'
import type { IncomingOffer } from './incoming-entry.ts'

export interface IncomingRequest {
  /** What the user chose: an existing directory or the new name. */
  output: string | undefined
  /** What relative paths start from. */
  cwd: string
  /** What to do where something is already. */
  existing: ExistingPolicy
  /** Whether what is already there is to be brought up to date; `existing` is not asked then. */
  update: boolean
  signal: AbortSignal
}

/** What is going to happen; nothing has been written yet. */
export interface IncomingPlan {
  readonly offer: IncomingOffer
  readonly request: IncomingRequest
  /** What it will be, or the directory into which several go; absolute. */
  readonly target: string
  /** Where it is staged and published: absolute and without symbolic links. */
  readonly directory: string
  /** What becomes of the one thing in `directory`; undefined where several go into it. */
  readonly whole: RootPlan | undefined
}

/**
 * Decides where `offer` goes, without writing anything: one file or directory into `cwd`, into the
 * directory `output` or under the name `output`; several into that directory, or into a new one
 * of that name. Whoever `existing` names is asked if that is taken.
 * Throws `unsafe-name`, `file-exists`, `not-found`, `permission` or `file-failed`, and why `signal`
 * was aborted.
 */
export async function planIncoming(
  offer: IncomingOffer,
  request: IncomingRequest,
): Promise<IncomingPlan> {
  const { output, cwd, existing, update, signal } = request
  throwIfAborted(signal)
  const offeredName = offer.kind === 'several' ? undefined : offer.name
  const { directory, name } = await chooseDestination({ output, offeredName, cwd })
  if (name === undefined) return { offer, request, target: directory, directory, whole: undefined }
  const held = await holdDirectory(directory)
  try {
    const kind = offer.kind === 'file' ? 'file' : 'directory'
    const whole = await planRoot(held, { name, kind, existing, update, signal })
    return { offer, request, target: join(directory, whole.name), directory, whole }
  } finally {
    await held.close()
  }
}
