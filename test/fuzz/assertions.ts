import { expect } from 'vitest'
import { ShareError } from '../../src/errors.ts'
import {
  LISTED_AHEAD_ENTRIES,
  MAX_MANIFEST_ENTRIES,
  MAX_OPEN_FILES,
  MIN_BLOCK_BYTES,
} from '../../src/limits.ts'
import { blockDigest } from '../../src/transfer/digests.ts'
import { TransferDigest } from '../../src/transfer/transfer-digest.ts'
import type { MemoryTransfer } from '../transfer/memory-transfer.ts'

export type Side = 'sender' | 'receiver'

/** Entries that are listed and not finished. */
const MAX_OPEN = MAX_OPEN_FILES + LISTED_AHEAD_ENTRIES + 2 * MAX_MANIFEST_ENTRIES
/** What the honest side may end with; the last two are the disk's. */
const CODES = ['protocol', 'integrity', 'interrupted', 'cancelled', 'declined']
const DISK_CODES = ['disk-full', 'file-exists']
export function assertExpected(error: Error, honest: Side): void {
  const codes = honest === 'receiver' ? [...CODES, ...DISK_CODES] : CODES
  if (!(error instanceof ShareError) || !codes.includes(error.code)) throw error
}

/** Each file is what was said of it, and all of them what the sender announced. */
export function assertRight(
  { sink, events }: MemoryTransfer,
  announced: readonly string[],
  result: unknown,
): void {
  for (const event of events.receiver) {
    if (event.event !== 'file') continue
    const content = sink.files[event.path] ?? new Uint8Array(0)
    expect(event).toMatchObject({ bytes: content.length, sha256: hex(fileDigest(content)) })
  }
  if (!sink.isPublished) {
    expect(result).toBeInstanceOf(Error)
    return
  }
  const all = new TransferDigest()
  for (const [at, { path, kind }] of sink.kept.entries()) {
    const content = sink.files[path] ?? new Uint8Array(0)
    all.add(at, { path, kind, bytes: content.length, ...digestOf(kind, content) })
  }
  expect(announced).toContain(hex(all.result()))
}

/** Nothing is still held for a transfer that is over. */
export function assertReleased({ source }: MemoryTransfer, result: unknown): void {
  const { files } = source.totals
  expect(source.released.size).toBe(files)
  expect(source.finished).toHaveLength(files - (result as { skipped: number }).skipped)
}

export function assertBounded({ sink, source }: MemoryTransfer): void {
  const { listed } = source
  const taken = sink.batches.reduce((sum, entries) => sum + entries, 0)
  expect(taken - sink.finishedFiles.length - sink.directories.length).toBeLessThan(MAX_OPEN)
  expect(listed - source.released.size).toBeLessThan(MAX_OPEN)
}

function digestOf(kind: 'file' | 'directory', content: Uint8Array) {
  return kind === 'directory' ? {} : { digest: fileDigest(content) }
}

function fileDigest(content: Uint8Array): Uint8Array {
  const blocks: Uint8Array[] = []
  for (let at = 0; at < content.length; at += MIN_BLOCK_BYTES) {
    blocks.push(blockDigest(content.subarray(at, at + MIN_BLOCK_BYTES)))
  }
  return blockDigest(...blocks)
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
