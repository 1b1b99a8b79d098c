import { assertRange, type Counted, type Outgoing } from './outgoing.ts'
import { assertGivenName } from './safe-name.ts'

/**
 * Bytes in memory that are sent as one file called `name`. They must not be changed meanwhile.
 * Throws `usage` for a name that no receiver would take.
 */
export function bytesSource<Kind extends 'file' | 'text'>(
  contents: Uint8Array,
  { name, kind }: { readonly name: string; readonly kind: Kind },
): Outgoing & { readonly kind: Kind } {
  assertGivenName(name)
  const bytes = contents.length
  const entry = { path: name, kind: 'file', bytes, mode: 0o644, modifiedMs: Date.now() } as const
  const counted: Counted = { files: 1, bytes }
  let isListed = false
  return {
    name,
    kind,
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
    readWhole: async (files) => {
      for (const { file, content } of files) {
        assertOnly(file)
        assertRange(0, content.length, bytes)
        content.set(contents.subarray(0, content.length))
      }
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
