import { describe, expect, it } from 'vitest'
import { offerLabel } from '../../src/cli/offer-label.ts'
import type { OfferInfo } from '../../src/events.ts'

const GIB = 1024 ** 3
const isCounted = true

describe('offerLabel', () => {
  it.each<[OfferInfo, string]>([
    [{ name: 'a.zip', kind: 'file', files: 1, bytes: 1536, isCounted }, 'a.zip (1.5 KiB)'],
    [
      { name: 'photos', kind: 'directory', files: 312, bytes: GIB, isCounted },
      'photos/ (312 files, 1.0 GiB)',
    ],
    [{ name: 'photos', kind: 'directory', files: 1, bytes: 3, isCounted }, 'photos/ (1 file, 3 B)'],
    [{ name: 'empty', kind: 'directory', files: 0, bytes: 0, isCounted }, 'empty/ (0 files, 0 B)'],
    [{ name: '3 items', kind: 'several', files: 5, bytes: 9, isCounted }, '3 items (5 files, 9 B)'],
    [{ name: 'text', kind: 'text', files: 1, bytes: 9, isCounted }, 'a text'],
    [
      { name: 'a\u001b', kind: 'directory', files: 2, bytes: 0, isCounted },
      'a\\u{1b}/ (2 files, 0 B)',
    ],
    [{ name: 'stdin', kind: 'file', files: 1, bytes: 0, isCounted: false }, 'stdin'],
    [{ name: 'photos', kind: 'directory', files: 0, bytes: 0, isCounted: false }, 'photos/'],
    [
      { name: 'photos', kind: 'directory', files: 9, bytes: 3 * GIB, isCounted: false },
      'photos/ (at least 9 files, 3.0 GiB)',
    ],
  ])('of %o is %s', (offer, label) => expect(offerLabel(offer)).toBe(label))
})
