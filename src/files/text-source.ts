import { ShareError } from '../errors.ts'
import { MAX_TEXT_BYTES } from '../limits.ts'
import { assertRange, type Counted, type Outgoing } from './outgoing.ts'

const NAME = 'text.txt'

/** A text that is sent, as one file in UTF-8. Throws `usage` where it is longer than a mebibyte. */
export function textSource(text: string): Outgoing & { readonly kind: 'text' } {
  const contents = Buffer.from(text)
  const bytes = contents.length
  if (bytes > MAX_TEXT_BYTES) {
    throw new ShareError('usage', `The text is longer than ${MAX_TEXT_BYTES} bytes`, {
      hint: 'Send it as a file.',
    })
  }
  const entry = { path: NAME, kind: 'file', bytes, mode: 0o644, modifiedMs: Date.now() } as const
  const counted: Counted = { files: 1, bytes }
  let isListed = false
  return {
    name: NAME,
    kind: 'text',
    counted,
    totals: Promise.resolve(counted),
    list: async (count) => {
      if (isListed || count < 1) return []
      isListed = true
      return [entry]
    },
    read: async (file, offset, buffer) => {
      assertOnly(file)
      assertRange(offset, buffer.length, bytes)
      buffer.set(contents.subarray(offset, offset + buffer.length))
      return buffer.length
    },
    finish: async (file) => assertOnly(file),
    release: () => {},
    restart: async () => {
      isListed = false
    },
    close: async () => {},
  }
}

function assertOnly(file: number): void {
  if (file !== 0) throw new TypeError(`there is no file ${file} to read`)
}
