import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { ShareError } from '../../src/errors.ts'
import { MIN_BLOCK_BYTES } from '../../src/limits.ts'
import { type MemoryTransfer, memoryTransfer } from '../transfer/memory-transfer.ts'
import type { MemoryTree } from '../transfer/memory-tree.ts'
import { remains } from '../transfer/remains.ts'
import {
  assertBounded,
  assertExpected,
  assertReleased,
  assertRight,
  type Side,
} from './assertions.ts'
import type { FuzzSetting } from './fuzz-setting.ts'
import { HostileLine } from './hostile-line.ts'
import type { HostileStep } from './hostile-steps.ts'

/** So long without a message, and nothing more is going to happen. */
const QUIET_MS = 30
/** Whoever is told to end has ended after this. */
const END_MS = 2000
const MAX_MS = 10_000

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
  const result = await resultOf(transfer, honest, () => atMs)
  transfer[hostile].fail(interrupted())
  for (const lane of transfer.lanes.all) lane.kill(interrupted())
  assertBounded(transfer)
  if (result instanceof Error) assertExpected(result, honest)
  if (honest === 'receiver') assertRight(transfer, line.announced, result)
  else if (!(result instanceof Error)) assertReleased(transfer, result)
}

/** What `side` ends with, by itself or because nothing happens any more. */
export async function resultOf(
  transfer: MemoryTransfer,
  side: Side,
  lastMessageMs: () => number,
): Promise<unknown> {
  const outcome = transfer[side].done.catch((thrown: unknown) => thrown)
  const ended = outcome.then(() => true)
  const startMs = performance.now()
  while (!(await Promise.race([ended, pause(5, false)]))) {
    assertBounded(transfer)
    const nowMs = performance.now()
    if (nowMs - startMs > MAX_MS) throw new Error('It goes on for ever')
    if (nowMs - lastMessageMs() < QUIET_MS) continue
    transfer[side].fail(interrupted())
    if (await Promise.race([ended, pause(END_MS, false)])) break
    throw new Error('It does not end when it is told to')
  }
  return outcome
}

export function interrupted(): ShareError {
  return new ShareError('interrupted', 'The line broke')
}
