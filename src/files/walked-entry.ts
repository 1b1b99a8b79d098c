import type { BigIntStats } from 'node:fs'
import { ShareError } from '../errors.ts'
import { MAX_PATH_BYTES, MAX_PATH_DEPTH } from '../limits.ts'
import { printable } from '../printable.ts'
import type { FoundName } from './directory-reader.ts'
import { fileKind } from './file-kind.ts'
import { type ListedFile, versionOf } from './listed-file.ts'
import type { OutgoingEntry } from './outgoing.ts'
import { nameDanger } from './safe-name.ts'

/** An entry with what is needed to find it again. */
export interface WalkedEntry extends OutgoingEntry, ListedFile {
  readonly path: string
  readonly bytes: number
}

export interface Place {
  readonly path: string
  readonly location: string
  readonly isFollowed: boolean
}

/** What `stats` say of what is at `place`. Throws `not-a-file` for what has no contents to send. */
export function walkedEntry(place: Place, stats: BigIntStats): WalkedEntry {
  const { path, location, isFollowed } = place
  if (!stats.isFile() && !stats.isDirectory()) {
    throw new ShareError('not-a-file', `"${printable(path)}" is ${fileKind(stats)}`, {
      hint: 'Leave it out with --exclude.',
    })
  }
  const kind = stats.isFile() ? 'file' : 'directory'
  return {
    path,
    kind,
    bytes: kind === 'file' ? Number(stats.size) : 0,
    mode: Number(stats.mode) & 0o777,
    modifiedMs: Number(stats.mtimeMs),
    location,
    isFollowed,
    version: versionOf(stats),
  }
}

/** Throws `unsafe-name` for what no receiver would take under this name and path. */
export function assertSendable(path: string, { name, isUtf8 }: FoundName): void {
  const danger = isUtf8 ? (named(nameDanger(name)) ?? placeDanger(path)) : 'its name is not UTF-8'

  if (danger === undefined) return
  throw new ShareError('unsafe-name', `"${printable(path)}" cannot be sent: ${danger}`, {
    hint: 'Rename it, or leave it out with --exclude.',
  })
}

function named(danger: string | undefined): string | undefined {
  return danger && `its name ${danger}`
}

function placeDanger(path: string): string | undefined {
  // Nearly all are so short that they can be neither.
  if (path.length <= MAX_PATH_DEPTH) return undefined
  const depth = path.split('/').length
  if (depth > MAX_PATH_DEPTH) return `it is deeper than ${MAX_PATH_DEPTH} levels`
  const bytes = Buffer.byteLength(path)
  return bytes > MAX_PATH_BYTES ? `its path is longer than ${MAX_PATH_BYTES} bytes` : undefined
}
