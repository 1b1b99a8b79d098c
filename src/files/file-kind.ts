import type { BigIntStats, Stats } from 'node:fs'

/** What kind of thing `stats` describes, for a person, with its article. */
export function fileKind(stats: Stats | BigIntStats): string {
  if (stats.isFile()) return 'a file'
  if (stats.isDirectory()) return 'a directory'
  if (stats.isSymbolicLink()) return 'a symbolic link'
  if (stats.isFIFO()) return 'a named pipe'
  if (stats.isSocket()) return 'a socket'
  return 'a device'
}

/** Whether both describe the same file or directory, whatever its name. */
export function isSameFile(left: BigIntStats, right: BigIntStats): boolean {
  return left.dev === right.dev && left.ino === right.ino
}
