import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Outgoing, OutgoingEntry } from '../../src/files/outgoing.ts'
import {
  type OutgoingTree,
  type OutgoingTreeOptions,
  openOutgoingTree,
} from '../../src/files/outgoing-tree.ts'

/** Puts files with these contents below `root`; a path that ends in a slash is a directory. */
export function plant(root: string, files: Record<string, string>): void {
  for (const [path, contents] of Object.entries(files)) {
    const location = join(root, path)
    mkdirSync(path.endsWith('/') ? location : dirname(location), { recursive: true })
    if (!path.endsWith('/')) writeFileSync(location, contents)
  }
}

/** An open tree that is closed after the test. */
export async function openTree(
  paths: string | readonly string[],
  options?: OutgoingTreeOptions,
): Promise<OutgoingTree> {
  const tree = await openOutgoingTree(typeof paths === 'string' ? [paths] : paths, options)
  onTestFinished(() => tree.close())
  return tree
}

/** Everything that is left to be listed. */
export async function listAll(source: Outgoing, atOnce = 256): Promise<OutgoingEntry[]> {
  const entries: OutgoingEntry[] = []
  for (;;) {
    const next = await source.list(atOnce)
    if (next.length === 0) return entries
    entries.push(...next)
  }
}

/** The paths of everything in the tree, sorted, without the root's name; directories end in "/". */
export async function pathsIn(root: string, options?: OutgoingTreeOptions): Promise<string[]> {
  const tree = await openTree(root, options)
  const entries = await listAll(tree)
  return entries
    .slice(1)
    .map(({ path, kind }) => path.slice(tree.name.length + 1) + (kind === 'directory' ? '/' : ''))
    .sort()
}

export async function textOf(source: Outgoing, file: number, length: number): Promise<string> {
  const buffer = Buffer.alloc(length)
  const bytes = await source.read(file, 0, buffer)
  return buffer.subarray(0, bytes).toString()
}
