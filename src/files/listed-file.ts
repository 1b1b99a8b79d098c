import {
  type BigIntStats,
  close,
  closeSync,
  constants,
  fstat,
  fstatSync,
  lstatSync,
  open,
  openSync,
  read,
  readSync,
  statSync,
} from 'node:fs'
import { lstat, stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { ShareError } from '../errors.ts'
import { printable } from '../printable.ts'
import { fileError, isSystemError, withFileErrors } from './file-error.ts'

/** What tells one version of a file from another, without reading it. */
export interface FileVersion {
  readonly dev: bigint
  readonly ino: bigint
  readonly size: bigint
  readonly mtimeNs: bigint
}

/** A file as it was when it was listed. */
export interface ListedFile {
  /** Its path for people. */
  readonly path: string
  /** Its path for the system. */
  readonly location: string
  readonly version: FileVersion
  /** Whether a symbolic link at `location` is meant to be followed. */
  readonly isFollowed: boolean
}

/** Plain descriptors: thousands of small files take noticeably longer with handles. */
const openDescriptor = promisify(open)
const readDescriptor = promisify(read)
const closeDescriptor = promisify(close)
const statDescriptor = promisify(fstat)

/** What the system answers where something else than a regular file stands now, or nothing. */
const GONE = ['ENOENT', 'ENOTDIR', 'ELOOP', 'EMLINK', 'ENXIO']

/** No more than a version is kept of what `stat` says: there may be thousands. */
export function versionOf({ dev, ino, size, mtimeNs }: BigIntStats): FileVersion {
  return { dev, ino, size, mtimeNs }
}

/** Looks at what is at `location`, or at what a link there leads to. */
export function look(location: string, isFollowed: boolean): Promise<BigIntStats> {
  return (isFollowed ? stat : lstat)(location, { bigint: true })
}

/** The same, at once. */
export function lookAtOnce(location: string, isFollowed: boolean): BigIntStats {
  return (isFollowed ? statSync : lstatSync)(location, { bigint: true })
}

/**
 * Opens what stands at the file's path, whatever that is by now: without waiting for the other end of
 * a pipe put in its place, and without following a link put there.
 * Throws `file-changed`, `permission` or `file-failed`.
 */
export async function openListed(file: ListedFile): Promise<number> {
  return unlessGone(file, () => openDescriptor(file.location, flagsFor(file)))
}

function flagsFor({ isFollowed }: ListedFile): number {
  const { O_RDONLY, O_NONBLOCK, O_NOCTTY, O_NOFOLLOW } = constants
  return O_RDONLY | O_NONBLOCK | O_NOCTTY | (isFollowed ? 0 : O_NOFOLLOW)
}

/**
 * Opens the file, fills `buffer` from `offset` on, and looks whether it was the listed version all
 * along, at once. Throws as `openListed`, `fill` and `assertListed`.
 */
export function readAtOnce(file: ListedFile, offset: number, buffer: Uint8Array): void {
  try {
    const descriptor = openSync(file.location, flagsFor(file))
    try {
      fillAtOnce(file, descriptor, offset, buffer)
    } finally {
      // What is not that file any more explains a failed read, too.
      const now = fstatSync(descriptor, { bigint: true })
      closeSync(descriptor)
      assertSame(file, now)
    }
  } catch (thrown) {
    throw isGone(thrown) ? changed(file.path, thrown) : fileError(thrown, 'read', file.path)
  }
}

function fillAtOnce(
  { path }: ListedFile,
  descriptor: number,
  offset: number,
  buffer: Uint8Array,
): void {
  for (let done = 0; done < buffer.length; ) {
    const bytesRead = readSync(descriptor, buffer, done, buffer.length - done, offset + done)
    if (bytesRead === 0) throw changed(path)
    done += bytesRead
  }
}

/** Nothing was written, so nothing can be lost by an error here. */
export async function closeListed(descriptor: number): Promise<void> {
  await closeDescriptor(descriptor).catch(() => undefined)
}

/** Throws `file-changed` unless `descriptor` is the file as it was listed. */
export async function assertListed(file: ListedFile, descriptor: number): Promise<void> {
  assertSame(file, await unlessGone(file, () => statDescriptor(descriptor, { bigint: true })))
}

/** Throws `file-changed` unless the file is at its path as it was listed. */
export async function assertInPlace(file: ListedFile): Promise<void> {
  assertSame(file, await unlessGone(file, () => look(file.location, file.isFollowed)))
}

/** Fills `buffer` from `offset` on; throws `file-changed` where the file is shorter now. */
export async function fill(
  file: ListedFile,
  descriptor: number,
  offset: number,
  buffer: Uint8Array,
): Promise<void> {
  let done = 0
  while (done < buffer.length) {
    const position = offset + done
    const { bytesRead } = await unlessGone(file, () =>
      readDescriptor(descriptor, buffer, done, buffer.length - done, position),
    )
    if (bytesRead === 0) throw changed(file.path)
    done += bytesRead
  }
}

/** The refusal to send a mix of two versions of what is at `path`. */
export function changed(path: string, cause?: unknown): ShareError {
  return new ShareError(
    'file-changed',
    `"${printable(path)}" was changed while it was being sent`,
    { cause, hint: 'Send again when nothing writes to it, or leave it out with --exclude.' },
  )
}

/** Whether that is what the system says of a path where nothing stands, or not what stood there. */
export function isGone(thrown: unknown): boolean {
  return isSystemError(thrown, ...GONE)
}

async function unlessGone<Result>(
  { path }: ListedFile,
  work: () => Promise<Result>,
): Promise<Result> {
  return withFileErrors('read', path, async () => {
    try {
      return await work()
    } catch (thrown) {
      throw isGone(thrown) ? changed(path, thrown) : thrown
    }
  })
}

function assertSame({ path, version }: ListedFile, now: BigIntStats): void {
  const isSame =
    now.isFile() &&
    now.dev === version.dev &&
    now.ino === version.ino &&
    now.size === version.size &&
    now.mtimeNs === version.mtimeNs
  if (!isSame) throw changed(path)
}
