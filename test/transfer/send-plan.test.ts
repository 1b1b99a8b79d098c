import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  BLOCK_BYTES,
  MAX_EARLY_BLOCKS,
  MAX_PACK_ENTRIES,
  PACKED_FILE_BYTES,
} from '../../src/limits.ts'
import { DigestList } from '../../src/transfer/digest-list.ts'
import { PACK } from '../../src/transfer/frame.ts'
import { type OutgoingFile, outgoingFile, SendPlan } from '../../src/transfer/send-plan.ts'
import type { BlockPlace } from '../../src/transfer/transfer-plan.ts'

/** A plan of files of these sizes; undefined where there is no file. */
function planOf(...sizes: (number | null | undefined)[]) {
  const files = new Map<number, OutgoingFile>()
  for (const [at, bytes] of sizes.entries()) {
    if (bytes !== undefined) files.set(at, outgoingFile(`${at}`, bytes))
  }
  return { files, plan: new SendPlan(files, BLOCK_BYTES) }
}

/** All that comes next, as files and blocks. */
function all(plan: SendPlan, through: number): BlockPlace[] {
  const places: BlockPlace[] = []
  for (let next = plan.next(through); next; next = plan.next(through)) places.push(next)
  return places
}

const spans = (places: readonly BlockPlace[]) =>
  places.map(({ file, block }) => [file, block >= PACK ? `+${block - PACK}` : block])

const small = PACKED_FILE_BYTES

describe('the plan of what is sent', () => {
  it('packs small files, over what has nothing in it', () => {
    const { plan } = planOf(1, undefined, 0, 2, 3)
    const [pack, ...rest] = all(plan, 5)
    expect(rest).toEqual([])
    expect(pack).toEqual({
      file: 0,
      block: PACK + 5,
      offset: 0,
      length: 6,
      parts: [
        { file: 0, length: 1 },
        { file: 3, length: 2 },
        { file: 4, length: 3 },
      ],
    })
  })

  it('spans nothing behind its last file', () => {
    expect(spans(all(planOf(1, 2, 0, undefined).plan, 4))).toEqual([[0, '+2']])
  })

  it.each([
    [
      'a larger file',
      [1, 2, small + 1, 3, 4],
      [
        [0, '+2'],
        [2, 0],
        [3, '+2'],
      ],
    ],
    [
      'a file of unknown length',
      [1, 2, null],
      [
        [0, '+2'],
        [2, 0],
      ],
    ],
    [
      'being alone',
      [1, 0, small + 1, 2],
      [
        [0, 0],
        [2, 0],
        [3, 0],
      ],
    ],
    [
      'the size of a block',
      [...Array<number>(17).fill(small)],
      [
        [0, '+16'],
        [16, 0],
      ],
    ],
  ] as const)('ends a pack at %s', (_, sizes, expected) => {
    const { plan } = planOf(...sizes)
    expect(spans(all(plan, sizes.length))).toEqual(expected)
  })

  it('ends a pack at so many entries, and at what is not listed', () => {
    const sizes = Array<number>(MAX_PACK_ENTRIES + 2).fill(1)
    const { plan } = planOf(...sizes)
    expect(spans(all(plan, 3))).toEqual([[0, '+3']])
    const rest = all(plan, sizes.length)
    expect(spans(rest)).toEqual([[3, `+${MAX_PACK_ENTRIES - 1}`]])
    const other = planOf(...sizes).plan
    expect(spans(all(other, sizes.length))).toEqual([
      [0, `+${MAX_PACK_ENTRIES}`],
      [1024, '+2'],
    ])
  })

  it('packs nothing of which something is there', () => {
    const { plan, files } = planOf(1, 2, 3, 4)
    const file = files.get(1)
    if (file) file.own = new DigestList()
    expect(spans(all(plan, 4))).toEqual([
      [0, 0],
      [1, 0],
      [2, '+2'],
    ])
  })

  it('goes without what is not wanted any more', () => {
    const { plan, files } = planOf(1, small + 1, 3)
    files.delete(0)
    files.delete(1)
    expect(spans(all(plan, 3))).toEqual([[2, 0]])
  })

  it('reads a pipe block by block, each when the one before is known not to be the last', () => {
    const { plan, files } = planOf(null, 5)
    const file = files.get(0)
    if (file === undefined) throw new Error()
    expect(plan.next(2)).toMatchObject({ file: 0, block: 0, length: BLOCK_BYTES, isOnce: true })
    expect(plan.next(2)).toBeUndefined()
    file.read = 1
    expect(plan.next(2)).toMatchObject({ file: 0, block: 1, offset: BLOCK_BYTES })
    file.bytes = BLOCK_BYTES + 1
    file.read = 2
    expect(spans(all(plan, 2))).toEqual([[1, 0]])
  })

  it('does not run further ahead of a missing block than a receiver bears', () => {
    const { plan, files } = planOf(2 * MAX_EARLY_BLOCKS * BLOCK_BYTES)
    const planned = all(plan, 1).length
    expect(planned).toBeGreaterThan(1000)
    expect(planned).toBeLessThan(MAX_EARLY_BLOCKS)
    files.get(0)?.unwritten.delete(5)
    expect(plan.next(1)).toBeUndefined()
    files.get(0)?.unwritten.delete(0)
    expect(all(plan, 1)).toHaveLength(1)
  })

  it('has every byte of every file once, in order', () => {
    const size = fc.oneof(
      fc.integer({ min: 0, max: 300 }),
      fc.integer({ min: 0, max: 3 * BLOCK_BYTES }),
      fc.constant(undefined),
    )
    fc.assert(
      fc.property(fc.array(size, { maxLength: 30 }), fc.nat(30), (sizes, early) => {
        const { plan } = planOf(...sizes)
        const places = [...all(plan, Math.min(early, sizes.length)), ...all(plan, sizes.length)]
        const parts = places.flatMap(({ parts, file, offset, length }) =>
          parts ? parts.map((part) => ({ ...part, offset: 0 })) : [{ file, offset, length }],
        )
        const next = sizes.map(() => 0)
        let last = 0
        for (const { file, offset, length } of parts) {
          expect(file).toBeGreaterThanOrEqual(last)
          expect(offset).toBe(next[file])
          next[file] = offset + length
          last = file
        }
        expect(next).toEqual(sizes.map((bytes) => bytes ?? 0))
        for (const { length } of places) expect(length).toBeLessThanOrEqual(BLOCK_BYTES)
      }),
    )
  })
})
