import { statfs } from 'node:fs/promises'
import { ShareError } from '../errors.ts'
import { MIB } from '../limits.ts'
import { printable } from '../printable.ts'
import { withFileErrors } from './file-error.ts'

/** Throws `disk-full` if the file system of `directory` has less than `bytes` left for us. */
export async function assertRoom(directory: string, bytes: number): Promise<void> {
  const system = await withFileErrors('look at', directory, () =>
    statfs(directory, { bigint: true }),
  )
  // Some network file systems do not tell.
  if (system.blocks === 0n) return
  const available = Number(system.bavail * system.bsize)
  if (available >= bytes) return
  const needed = `${mebibytes(Math.ceil(bytes / MIB))} are needed`
  const free = `${mebibytes(Math.floor(available / MIB))} are free`
  throw new ShareError(
    'disk-full',
    `Not enough room in "${printable(directory)}": ${needed}, ${free}`,
  )
}

function mebibytes(count: number): string {
  return `${count.toLocaleString('en')} MiB`
}
