import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
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
import { type MemoryTransfer, memoryTransfer } from '../transfer/memory-transfer.ts'
import type { MemoryTree } from '../transfer/memory-tree.ts'
import { remains } from '../transfer/remains.ts'
import type { FuzzSetting } from './fuzz-setting.ts'
import { HostileLine } from './hostile-line.ts'
import type { HostileStep } from './hostile-steps.ts'

type Side = 'sender' | 'receiver'

/** So long without a message, and nothing more is going to happen. */
const QUIET_MS = 30
/** Whoever is told to end has ended after this. */
const END_MS = 2000
const MAX_MS = 10_000

/** What the honest side may end with; the last two are the disk's. */
const CODES = ['protocol', 'integrity', 'interrupted', 'cancelled', 'declined']
const DISK_CODES = ['disk-full', 'file-exists']
/** Entries that are listed and not finished. */
const MAX_OPEN = MAX_OPEN_FILES + LISTED_AHEAD_ENTRIES + 2 * MAX_MANIFEST_ENTRIES

/**
 * Runs a transfer in which the `hostile` side is not what it says, and throws unless the other one
 * ends as it should, with nothing wrong saved and nothing left open.
 */
export async function runFuzzed(
  hostile: Side,
  setting: FuzzSetting,
  steps: readonly HostileStep[],
): Promise<void> {
  const honest = hostile === 'sender' ? 'receiver' : 'sender'
  const tree: MemoryTree = Object.fromEntries(
    setting.sizes.map((bytes, at) => [`${at}`, bytes === null ? null : randomBytes(bytes)]),
  )
  let atMs = performance.now()
  const lost = new Set<Side>()
  const line = new HostileLine(steps, () => transfer.cut(interrupted()))
  const heard = (side: Side) => (payload: Uint8Array, lane: number) => {
    atMs = performance.now()
    return side === hostile ? line.pass(payload, lane) : [payload]
  }
  const transfer = memoryTransfer({
    tree,
    there: setting.fates ? remains(tree, setting.fates) : {},
    isPipe: setting.isPipe,
    isCounted: setting.isCounted,
    fixedLanes: setting.lanes,
    maxPayloadBytes: setting.maxPayloadBytes,
    blockBytes: MIN_BLOCK_BYTES,
    toReceiver: heard('sender'),
    toSender: heard('receiver'),
    onLost: (who) => {
      lost.add(who)
      if (lost.size < 2) return
      lost.clear()
      setImmediate(() => transfer.reconnect())
    },
  })
  transfer.start()
  const outcome = transfer[honest].done.catch((thrown: unknown) => thrown)
  const ended = outcome.then(() => true)
  const startMs = performance.now()
  while (!(await Promise.race([ended, pause(5, false)]))) {
    assertBounded(transfer)
    const nowMs = performance.now()
    if (nowMs - startMs > MAX_MS) throw new Error('It goes on for ever')
    if (nowMs - atMs < QUIET_MS) continue
    transfer[honest].fail(interrupted())
    if (await Promise.race([ended, pause(END_MS, false)])) break
    throw new Error('It does not end when it is told to')
  }
  transfer[hostile].fail(interrupted())
  for (const lane of transfer.lanes.all) lane.kill(interrupted())
  assertBounded(transfer)
  const result = await outcome
  if (result instanceof Error) assertExpected(result, honest)
  if (honest === 'receiver') assertRight(transfer, line.announced, result)
  else if (!(result instanceof Error)) assertReleased(transfer, result)
}

function assertExpected(error: Error, honest: Side): void {
  const codes = honest === 'receiver' ? [...CODES, ...DISK_CODES] : CODES
  if (!(error instanceof ShareError) || !codes.includes(error.code)) throw error
}

/** Each file is what was said of it, and all of them what the sender announced. */
function assertRight(
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
function assertReleased({ source }: MemoryTransfer, result: unknown): void {
  const { files } = source.totals
  expect(source.released.size).toBe(files)
  expect(source.finished).toHaveLength(files - (result as { skipped: number }).skipped)
}

function assertBounded({ sink, source }: MemoryTransfer): void {
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

function interrupted(): ShareError {
  return new ShareError('interrupted', 'The line broke')
}
