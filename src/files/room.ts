import { statfs } from 'node:fs/promises'
import { ShareError } from '../errors.ts'
import { MIB } from '../limits.ts'
import { printable } from '../printable.ts'
import { withFileErrors } from './file-error.ts'

/** Throws `disk-full` if the file system of `directory` has less than `bytes` left for us. */
export async function assertRoom(directory: string, bytes: number): Promise<void> {
  const available = await freeBytes(directory)
  if (available !== undefined && available < bytes) throw noRoom(directory, bytes, available)
}

/**
 * `thrown`, or in place of a file system's `disk-full` one that says that `bytes` more are needed in
 * `directory`, where that is known.
 */
export async function withNeededRoom(
  thrown: unknown,
  directory: string,
  bytes: number,
): Promise<unknown> {
  if (!(thrown instanceof ShareError) || thrown.code !== 'disk-full' || bytes <= 0) return thrown
  const available = await freeBytes(directory).catch(() => undefined)
  // What is free may be reserved, or a quota be what is full.
  if (available === undefined || available >= bytes) return thrown
  return noRoom(directory, bytes, available, thrown)
}

/** What is left for us there; undefined where that is not told. */
export async function freeBytes(directory: string): Promise<number | undefined> {
  const system = await withFileErrors('look at', directory, () =>
    statfs(directory, { bigint: true }),
  )
  // Some network file systems do not tell.
  if (system.blocks === 0n) return undefined
  return Number(system.bavail * system.bsize)
}

/** The failure for want of `bytes` in `directory`, of which `available` are free. */
function noRoom(directory: string, bytes: number, available: number, cause?: unknown): ShareError {
  const needed = `${mebibytes(Math.ceil(bytes / MIB))} are needed`
  const free = `${mebibytes(Math.floor(available / MIB))} are free`
  return new ShareError(
    'disk-full',
    `Not enough room in "${printable(directory)}": ${needed}, ${free}`,
    { cause },
  )
}

function mebibytes(count: number): string {
  return `${count.toLocaleString('en')} MiB`
}
