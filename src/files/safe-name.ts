import { ShareError } from '../errors.ts'
import { MAX_NAME_BYTES } from '../limits.ts'
import { isPrintable, printable } from '../printable.ts'

/**
 * Device names of Windows, which no extension disarms (`nul.txt`), nor blanks before it; the
 * superscript digits count as digits there.
 * Source: Microsoft, "Naming Files, Paths, and Namespaces".
 */
const WINDOWS_DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\.|$)/i

/**
 * Returns `name` if it is one path component that means the same on every system: safe to create
 * in a directory, whoever chose it. Everything is refused everywhere, so that a name is not
 * harmless here and a trap once the file is copied to another machine.
 * Throws `unsafe-name`.
 */
export function assertSafeName(name: string): string {
  const danger = nameDanger(name)
  if (danger === undefined) return name
  throw new ShareError('unsafe-name', `The offered name "${printable(name)}" ${danger}`)
}

/** Throws `usage` for a name that somebody here chose, and no receiver would take. */
export function assertGivenName(name: string): void {
  const danger = nameDanger(name)
  if (danger === undefined) return
  throw new ShareError('usage', `The name "${printable(name)}" ${danger}`, {
    hint: 'Choose another name.',
  })
}

/** What makes `name` one that `assertSafeName` refuses, as the rest of a sentence about it. */
export function nameDanger(name: string): string | undefined {
  if (name === '') return 'is empty'
  if (name === '.' || name === '..') return 'is a directory'
  if (/[/\\]/.test(name)) return 'contains a path separator'
  if (name.includes(':'))
    return 'contains a colon, which names a drive or a hidden stream on Windows'
  if (/[. ]$/.test(name)) return 'ends in a dot or a blank, which Windows drops'
  if (WINDOWS_DEVICE.test(name)) return 'is the name of a device on Windows'
  if (!isPrintable(name)) return 'contains control or invisible characters'
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) return `is longer than ${MAX_NAME_BYTES} bytes`
  return undefined
}
