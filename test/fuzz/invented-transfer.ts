import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { MIB, MIN_BLOCK_BYTES, PACKED_FILE_BYTES } from '../../src/limits.ts'
import { encodeFrame } from '../../src/transfer/encode-frame.ts'
import { type Frame, FrameType } from '../../src/transfer/frame.ts'
import { memoryTransfer } from '../transfer/memory-transfer.ts'
import type { MemoryTree } from '../transfer/memory-tree.ts'
import { entriesOf, manifestOf, offerFrame, packOf, wholeBlock } from '../transfer/receiving.ts'
import { remains } from '../transfer/remains.ts'
import { assertExpected, assertRight } from './assertions.ts'
import { SIZES } from './fuzz-setting.ts'
import { interrupted, resultOf } from './fuzzed-transfer.ts'

type Said =
  /** A block, of the length that it should have, or less; of what is there at the receiver, or not. */
  | { says: 'block'; file: number; block: number; isWhole: boolean; isTrue: boolean }
  /** So many files from `file` on in a pack, over that many entries more. */
  | { says: 'pack'; file: number; files: number; more: number; isTrue: boolean }
  | { says: 'keep'; file: number; block: number }
  | { says: 'end'; file: number; blocks: number; bytes: number }

/** What a sender says of its files that knows the protocol well, and keeps to it nearly. */
export type Claim = Said & { isWild: boolean }

export interface InventedTransfer {
  /** Null for a file whose length is not told. */
  sizes: (number | null)[]
  /** Whether the receiver has remains of them. */
  fates: number[] | null
  /** How long the receiver takes to write, in milliseconds. */
  writeMs: number
  claims: Claim[]
}

const is = <Says extends Claim['says']>(says: Says) => fc.constant(says)
const [file, block] = [fc.nat(3), fc.nat(3)]
const isWild = fc.nat(9).map((number) => number === 9)
const mostly = fc.nat(3).map((number) => number > 0)
const more = fc.nat(5).map((number) => Math.max(0, number - 4))
const claim: fc.Arbitrary<Claim> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      isWild,
      says: is('block'),
      file,
      block,
      isWhole: mostly,
      isTrue: mostly,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      isWild,
      says: is('pack'),
      file,
      files: fc.nat(4),
      more,
      isTrue: mostly,
    }),
  },
  { weight: 2, arbitrary: fc.record({ isWild, says: is('keep'), file, block }) },
  fc.record({ isWild, says: is('end'), file, blocks: block, bytes: fc.constantFrom(0, 1, 10) }),
)

export const inventedTransfers: fc.Arbitrary<InventedTransfer> = fc.record({
  sizes: fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(1, 10) },
      fc.constantFrom(...SIZES),
      fc.constant(null),
    ),
    {
      minLength: 1,
      maxLength: 4,
    },
  ),
  fates: fc.option(fc.array(fc.constantFrom(1, 1, 2, 3, 4), { minLength: 1, maxLength: 4 })),
  writeMs: fc.nat(2),
  claims: fc.array(claim, { minLength: 1, maxLength: 12 }),
})

/** Has a receiver hear all that, and throws unless it is right about each file that it finished. */
export async function runInvented({
  sizes,
  fates,
  writeMs,
  claims,
}: InventedTransfer): Promise<void> {
  const tree: MemoryTree = Object.fromEntries(
    sizes.map((bytes, at) => [`${at}`, randomBytes(bytes ?? 2 * MIN_BLOCK_BYTES + 10)]),
  )
  const contents = Object.values(tree).map((content) => content ?? new Uint8Array(0))
  let atMs = performance.now()
  const transfer = memoryTransfer({
    tree,
    there: fates ? remains(tree, fates) : {},
    writeMs,
    maxPayloadBytes: MIB,
    toSender: (payload) => {
      atMs = performance.now()
      return [payload]
    },
  })
  transfer.receiver.start(transfer.lanes.receiver)
  const { first } = transfer.lanes.sender
  const say = (frame: Frame) => first.send(encodeFrame(frame))
  let isBegun = false
  first.listen({
    onPayload: (payload) => {
      // It has accepted, or taken in what is listed.
      if (payload[0] === FrameType.accept) say(manifestOf(entriesOf(...sizes)))
      if (payload[0] !== FrameType.checked || isBegun) return
      isBegun = true
      for (const each of claims) say(frameOf(fitting(each, sizes, fates !== null), contents))
    },
    onEnd: () => {},
  })
  say({ ...offerFrame(), blockBytes: MIN_BLOCK_BYTES })
  const result = await resultOf(transfer, 'receiver', () => atMs)
  for (const lane of transfer.lanes.all) lane.kill(interrupted())
  if (result instanceof Error) assertExpected(result, 'receiver')
  assertRight(transfer, [], result)
}

/** The nearest to what is claimed that may be said of files of these sizes, unless it is wild. */
function fitting(claimed: Claim, sizes: readonly (number | null)[], isCompared: boolean): Claim {
  if (claimed.isWild) return claimed
  const file = claimed.file % sizes.length
  const bytes = sizes[file] ?? Number.POSITIVE_INFINITY
  const blocks = Math.max(1, Math.ceil(bytes / MIN_BLOCK_BYTES))
  const isKnown = bytes < Number.POSITIVE_INFINITY
  switch (claimed.says) {
    case 'block':
      return {
        ...claimed,
        file,
        block: claimed.block % blocks,
        isWhole: claimed.isWhole || isKnown,
      }
    case 'pack': {
      const rest = sizes.slice(file, file + claimed.files)
      const large = rest.findIndex((each) => each === null || each > PACKED_FILE_BYTES / 2)
      return { ...claimed, file, files: large < 0 ? rest.length : Math.max(1, large), more: 0 }
    }
    case 'keep':
      if (!isCompared)
        return { ...claimed, says: 'block', file, block: 0, isWhole: true, isTrue: true }
      return { ...claimed, file, block: claimed.block % blocks }
    case 'end':
      return { ...claimed, file: Math.max(0, sizes.indexOf(null)) }
  }
}

function frameOf(claimed: Claim, contents: readonly Uint8Array[]): Frame {
  const { file } = claimed
  const content = contents[file] ?? new Uint8Array(5)
  switch (claimed.says) {
    case 'block': {
      const offset = claimed.block * MIN_BLOCK_BYTES
      const whole = content.subarray(offset, offset + MIN_BLOCK_BYTES)
      const data = claimed.isWhole ? whole : whole.subarray(0, 10)
      return wholeBlock(claimed.isTrue ? data : other(data), claimed.block, file)
    }
    case 'pack': {
      const same = contents.slice(file, file + claimed.files)
      const packed = claimed.isTrue ? same : same.map(other)
      return packOf(packed, file, packed.length + claimed.more)
    }
    case 'keep':
      return { type: 'keep', blocks: [{ file, block: claimed.block }] }
    case 'end':
      return { type: 'end', file, bytes: claimed.blocks * MIN_BLOCK_BYTES + claimed.bytes }
  }
}

function other(content: Uint8Array): Uint8Array {
  return content.map((byte) => byte ^ 1)
}
