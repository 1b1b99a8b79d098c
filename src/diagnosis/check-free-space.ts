import { toShareError } from '../errors.ts'
import { LOW_SPACE_BYTES, MIB } from '../limits.ts'
import { printable } from '../printable.ts'
import type { Finding } from './finding.ts'

const name = 'free-space'

/**
 * Judges the place where files would be saved. `freeBytes` tells what is free there, undefined
 * where the file system does not say, and throws where it cannot be written to.
 */
export async function checkFreeSpace(
  directory: string,
  freeBytes: (directory: string) => Promise<number | undefined>,
): Promise<Finding<'free-space'>> {
  const shown = printable(directory)
  let bytes: number | undefined
  try {
    bytes = await freeBytes(directory)
  } catch (thrown) {
    const { message } = toShareError(thrown)
    return {
      name,
      verdict: 'failed',
      message,
      hint: 'Choose another directory with --output.',
      directory,
    }
  }
  if (bytes === undefined) {
    const message = `How much is free in ${shown} is not told by its file system`
    return { name, verdict: 'ok', message, hint: '', directory }
  }
  const message = `${inWords(bytes)} free in ${shown}`
  const found = { name, message, directory, bytes } as const
  if (bytes >= LOW_SPACE_BYTES) return { ...found, verdict: 'ok', hint: '' }
  const hint = 'Free some space, or choose another directory with --output.'
  return { ...found, verdict: bytes < MIB ? 'failed' : 'warning', hint }
}

function inWords(bytes: number): string {
  const gibibytes = bytes / LOW_SPACE_BYTES
  if (gibibytes >= 1) return `${gibibytes.toFixed(gibibytes < 10 ? 1 : 0)} GiB`
  return `${Math.floor(bytes / MIB)} MiB`
}
