import { lstat, opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { throwIfAborted } from '../errors.ts'
import { REMOVAL_BATCH } from '../limits.ts'

/** What the regular files below `path` take up on disk, as far as they can be looked at. */
export async function treeSize(path: string, signal: AbortSignal): Promise<number> {
  let bytes = 0
  let batch: string[] = []
  const flush = async () => {
    throwIfAborted(signal)
    const found = await Promise.all(batch.map((file) => lstat(file).catch(() => undefined)))
    batch = []
    for (const stats of found)
      if (stats?.isFile()) bytes += Math.min(stats.size, storedBytes(stats))
  }
  const directory = await opendir(path).catch(() => undefined)
  if (directory === undefined) return 0
  for await (const entry of directory) {
    const below = join(path, entry.name)
    if (entry.isDirectory()) bytes += await treeSize(below, signal)
    else batch.push(below)
    if (batch.length >= REMOVAL_BATCH) await flush()
  }
  await flush()
  return bytes
}

/** Holes take no room yet. Windows does not count blocks. */
function storedBytes({ blocks, size }: { blocks: number; size: number }): number {
  return process.platform === 'win32' ? size : blocks * 512
}
