import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ShareError } from '../../src/errors.ts'
import { BLOCK_BYTES, LISTED_AHEAD_ENTRIES, PACKED_FILE_BYTES } from '../../src/limits.ts'
import { FrameType } from '../../src/transfer/frame.ts'
import { memoryTransfer, outcomesOf, runMemoryTransfer } from './memory-transfer.ts'
import type { MemoryTree } from './memory-tree.ts'
import { filesOf, remains } from './remains.ts'

const size = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 3000 }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 2 * PACKED_FILE_BYTES }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 2 * BLOCK_BYTES + 5 }) },
)

/** Files and directories in any order; contents are the same for the same seed. */
const trees = fc
  .array(fc.option(size, { freq: 8 }), { maxLength: 40 })
  .map(
    (sizes): MemoryTree =>
      Object.fromEntries(
        sizes.map((bytes, at) => [`entry ${at}`, bytes === null ? null : randomBytes(bytes)]),
      ),
  )

function expectSame(saved: Record<string, Uint8Array>, tree: MemoryTree): void {
  const files = filesOf(tree)
  expect(Object.keys(saved).sort()).toEqual(Object.keys(files).sort())
  for (const [path, data] of Object.entries(files)) {
    expect(Buffer.compare(saved[path] ?? Buffer.from('missing'), data)).toBe(0)
  }
}

describe('a tree', () => {
  it('arrives as it is, whatever is in it', async () => {
    await fc.assert(
      fc.asyncProperty(trees, fc.boolean(), async (tree, isCounted) => {
        const run = await runMemoryTransfer({ tree, isCounted })
        expect([run.sent, run.received]).toMatchObject([
          { status: 'fulfilled' },
          { status: 'fulfilled' },
        ])
        expect(run.published).toBe(true)
        expectSame(run.sink.files, tree)
        const { files, bytes } = run.source.totals
        expect([run.sent, run.received]).toMatchObject([
          { value: { files, bytes, skipped: 0 } },
          { value: { files, bytes, skipped: 0 } },
        ])
        if (run.sent.status === 'rejected' || run.received.status === 'rejected') return
        expect(Buffer.compare(run.sent.value.digest, run.received.value.digest)).toBe(0)
        expect(run.sink.directories).toHaveLength(Object.keys(tree).length - files)
        expect(run.source.finished).toHaveLength(files)
        expect(run.source.released.size).toBe(files)
        expect(run.sink.finishedFiles).toHaveLength(files)
      }),
      { numRuns: 60 },
    )
  })

  it('is completed from any remains, and only what differs is sent', async () => {
    await fc.assert(
      fc.asyncProperty(
        trees,
        fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 7 }),
        async (tree, fates) => {
          const there = remains(tree, fates)
          const run = await runMemoryTransfer({ tree, there })
          expect([run.sent.status, run.received.status]).toEqual(['fulfilled', 'fulfilled'])
          expectSame(run.sink.files, tree)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('needs nothing to be sent where all is there, and one block where one differs', async () => {
    const content = randomBytes(5 * BLOCK_BYTES + 10)
    const changed = Uint8Array.from(content)
    changed[3 * BLOCK_BYTES] = (changed[3 * BLOCK_BYTES] ?? 0) ^ 1
    const tree = { big: content, small: randomBytes(100) }
    const same = await runMemoryTransfer({ tree, there: tree })
    const other = await runMemoryTransfer({ tree, there: { ...tree, big: changed } })
    expect(same.sent).toMatchObject({ value: { sentBytes: 0 } })
    expect(other.sent).toMatchObject({ value: { sentBytes: BLOCK_BYTES } })
    expectSame(other.sink.files, tree)
    const progress = other.events.receiver.filter(({ event }) => event === 'progress')
    expect(progress.at(-1)).toMatchObject({ bytes: content.length + 100 })
  })

  it('goes without the files that the receiver does not want', async () => {
    const tree = { a: randomBytes(10), b: randomBytes(2 * BLOCK_BYTES), c: randomBytes(20) }
    const run = memoryTransfer({ tree })
    run.sink.skip.add('b')
    run.start()
    const { sent, received } = await outcomesOf(run)
    const value = { files: 2, bytes: 30, skipped: 1 }
    expect([sent, received]).toMatchObject([{ value }, { value }])
    expect(Object.keys(run.sink.files)).toEqual(['a', 'c'])
  })

  it('travels in few messages when it is of many small files', async () => {
    const tree: MemoryTree = Object.fromEntries(
      Array.from({ length: 3000 }, (_, at) => [`${at}`, randomBytes(100)]),
    )
    let messages = 0
    const run = await runMemoryTransfer({ tree, onSend: () => (messages += 1) })
    expect(run.published).toBe(true)
    expect(messages).toBeLessThan(200)
    expectSame(run.sink.files, tree)
  })

  it('is not listed further than the receiver has taken it in', async () => {
    const count = 3 * LISTED_AHEAD_ENTRIES
    const tree = Object.fromEntries(Array.from({ length: count }, (_, at) => [`${at}`, null]))
    let taken = 0
    let ahead = 0
    let listed = 0
    const run = await runMemoryTransfer({
      tree,
      onSend: (payload) => {
        if (payload[0] !== FrameType.manifest) return
        listed += JSON.parse(Buffer.from(payload.subarray(1)).toString()).entries.length
        ahead = Math.max(ahead, listed - taken)
      },
      sink: {
        list: async (_, entries) => {
          await new Promise((resolve) => setTimeout(resolve, 2))
          taken += entries.length
        },
      },
    })
    expect(run.published).toBe(true)
    expect([listed, taken]).toEqual([count, count])
    expect(ahead).toBeLessThanOrEqual(LISTED_AHEAD_ENTRIES + 256)
  })

  it('is refused when an entry is, and nothing is published', async () => {
    const list = async () => {
      throw new ShareError('unsafe-name', 'That name is a trap')
    }
    const run = await runMemoryTransfer({ tree: { '../x': randomBytes(10) }, sink: { list } })
    expect(run.received).toMatchObject({ reason: { code: 'unsafe-name' } })
    expect(run.sent).toMatchObject({ reason: { code: 'cancelled' } })
    expect([run.published, run.sink.writtenBytes]).toEqual([false, 0])
  })
})

describe('a pipe', () => {
  it.each([0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, 3 * BLOCK_BYTES, 3 * BLOCK_BYTES + 7])(
    'of %i bytes arrives whole',
    async (bytes) => {
      const content = randomBytes(bytes)
      const run = await runMemoryTransfer({ content, isPipe: true, isCounted: false })
      expect([run.sent, run.received]).toMatchObject([{ value: { bytes } }, { value: { bytes } }])
      expect(Buffer.compare(run.saved, content)).toBe(0)
      const progress = run.events.sender.filter(({ event }) => event === 'progress')
      expect(progress.length === 0 || progress[0]).toSatisfy(
        (first) => first === true || (first as { bytes: number }).bytes > 0,
      )
    },
  )

  it('is read once, in order, also when what was sent of it is lost', async () => {
    const content = randomBytes(6 * BLOCK_BYTES + 1)
    const reads: number[] = []
    let chunks = 0
    const run = await runMemoryTransfer({
      content,
      isPipe: true,
      fixedLanes: 3,
      delayMs: () => 1,
      onSend: (payload, lane) => {
        if (payload[0] === FrameType.chunk && lane > 0) chunks += 1
      },
      toReceiver: (payload, lane) =>
        lane === 2 && payload[0] === FrameType.chunk ? [] : [payload],
      source: {
        read: async (_, offset, buffer) => {
          reads.push(offset)
          const part = content.subarray(offset, offset + buffer.length)
          buffer.set(part)
          return part.length
        },
      },
    })
    expect(chunks).toBeGreaterThan(6)
    expect(run.received).toMatchObject({ value: { bytes: content.length } })
    expect(Buffer.compare(run.saved, content)).toBe(0)
    expect(reads).toEqual([0, 1, 2, 3, 4, 5, 6].map((block) => block * BLOCK_BYTES))
  }, 20_000)
})
