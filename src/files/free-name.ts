import { ShareError } from '../errors.ts'
import { MAX_NAME_BYTES, MAX_RENAME_NUMBER } from '../limits.ts'
import { printable } from '../printable.ts'

/** What a file's name ends in for programs that go by it; that of `.bashrc` is empty. */
const EXTENSION = /(?<=.)(?:\.tar)?\.[^.]+$/

/**
 * The first of "name (2).ext", "name (3).ext"... that `isFree`. Throws `file-exists` when a few
 * thousand are taken.
 */
export async function freeName(
  name: string,
  kind: 'file' | 'directory',
  isFree: (name: string) => Promise<boolean>,
): Promise<string> {
  const extension = kind === 'file' ? (EXTENSION.exec(name)?.[0] ?? '') : ''
  const stem = name.slice(0, name.length - extension.length)
  for (let number = 2; number <= MAX_RENAME_NUMBER; number++) {
    const candidate = numbered(stem, ` (${number})${extension}`)
    if (await isFree(candidate)) return candidate
  }
  throw new ShareError('file-exists', `There are too many files like "${printable(name)}" already`)
}

/** Both together, with as much of `stem` as file systems have room for. */
function numbered(stem: string, ending: string): string {
  const characters = Array.from(stem)
  while (
    Buffer.byteLength(characters.join('') + ending) > MAX_NAME_BYTES &&
    characters.length > 1
  ) {
    characters.pop()
  }
  return characters.join('') + ending
}
