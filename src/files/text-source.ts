import { ShareError } from '../errors.ts'
import { MAX_TEXT_BYTES } from '../limits.ts'
import { bytesSource } from './bytes-source.ts'
import type { Outgoing } from './outgoing.ts'

/** A text that is sent, as one file in UTF-8. Throws `usage` where it is longer than a mebibyte. */
export function textSource(text: string): Outgoing & { readonly kind: 'text' } {
  const contents = Buffer.from(text)
  if (contents.length > MAX_TEXT_BYTES) {
    throw new ShareError('usage', `The text is longer than ${MAX_TEXT_BYTES} bytes`, {
      hint: 'Send it as a file.',
    })
  }
  return bytesSource(contents, { name: 'text.txt', kind: 'text' })
}
