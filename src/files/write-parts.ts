import { writevSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'

/** Writes all `parts`, one behind the other, from `offset` on. */
export async function writeParts(
  handle: FileHandle,
  offset: number,
  parts: readonly Uint8Array[],
): Promise<void> {
  const end = offset + totalBytes(parts)
  let [position, rest] = [offset, parts]
  while (position < end) {
    const { bytesWritten } = await handle.writev(rest, position)
    position += bytesWritten
    rest = withoutFirst(bytesWritten, rest)
  }
}

/** The same to a descriptor, at once. */
export function writePartsAtOnce(
  descriptor: number,
  offset: number,
  parts: readonly Uint8Array[],
): void {
  const end = offset + totalBytes(parts)
  let [position, rest] = [offset, parts]
  while (position < end) {
    const bytesWritten = writevSync(descriptor, rest, position)
    position += bytesWritten
    rest = withoutFirst(bytesWritten, rest)
  }
}

export function totalBytes(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.byteLength, 0)
}

/** What is left of `parts` behind their first `bytes`. */
function withoutFirst(bytes: number, parts: readonly Uint8Array[]): Uint8Array[] {
  let skip = bytes
  return parts.flatMap((part) => {
    const left = part.subarray(Math.min(skip, part.byteLength))
    skip -= part.byteLength - left.byteLength
    return left.byteLength > 0 ? [left] : []
  })
}
