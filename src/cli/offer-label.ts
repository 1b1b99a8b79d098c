import type { OfferInfo } from '../events.ts'
import { printable } from '../printable.ts'
import { formatContents } from './format.ts'

/**
 * What is on offer, for a person: `a.zip (1.5 KiB)`, `photos/ (312 files, 1.2 GiB)`, `a text`. Of
 * what is not all counted yet it says only what is certain.
 */
export function offerLabel({ name, kind, files, bytes, isCounted }: OfferInfo): string {
  if (kind === 'text') return 'a text'
  const label = `${printable(name)}${kind === 'directory' ? '/' : ''}`
  if (!isCounted && bytes === 0) return label
  const contents = formatContents(kind === 'file' ? 1 : files, bytes, kind !== 'file')
  return `${label} (${isCounted ? '' : 'at least '}${contents})`
}
