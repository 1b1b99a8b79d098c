import type { OfferInfo } from '../events.ts'
import { printable } from '../printable.ts'
import { formatContents } from './format.ts'

/** What is on offer, for a person: `a.zip (1.5 KiB)`, `photos/ (312 files, 1.2 GiB)`, `a text`. */
export function offerLabel({ name, kind, files, bytes }: OfferInfo): string {
  switch (kind) {
    case 'text':
      return 'a text'
    case 'file':
      return `${printable(name)} (${formatContents(1, bytes)})`
    case 'directory':
      return `${printable(name)}/ (${formatContents(files, bytes, true)})`
    case 'several':
      return `${printable(name)} (${formatContents(files, bytes, true)})`
  }
}
