import { randomBytes } from 'node:crypto'
import type { MemoryTree } from './memory-tree.ts'

/** The files of a tree, by path. */
export const filesOf = (tree: MemoryTree) =>
  Object.fromEntries(Object.entries(tree).flatMap(([path, data]) => (data ? [[path, data]] : [])))

/** Some of `tree` as it may be after an earlier run: whole, cut off, changed, longer or missing. */
export function remains(tree: MemoryTree, fates: readonly number[]): MemoryTree {
  const entries = Object.entries(filesOf(tree)).flatMap(([path, data], at) => {
    const fate = fates[at % fates.length] ?? 0
    if (fate === 0) return []
    if (fate === 1) return [[path, data] as const]
    if (fate === 2) return [[path, data.subarray(0, data.length / 2)] as const]
    if (fate === 3) return [[path, Buffer.concat([data, randomBytes(9)])] as const]
    const changed = Uint8Array.from(data)
    if (changed.length > 0) changed[changed.length >> 1] = (changed[changed.length >> 1] ?? 0) ^ 1
    return [[path, changed] as const]
  })
  return Object.fromEntries(entries)
}
