import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  BLOCK_BYTES,
  LISTED_AHEAD_ENTRIES,
  MAX_MANIFEST_ENTRIES,
  MAX_OPEN_FILES,
  MAX_PACK_ENTRIES,
} from '../../src/limits.ts'
import { blockDigest } from '../../src/transfer/digests.ts'
import { type Entry, type Frame, MAX_BLOCK_NUMBER, PACK } from '../../src/transfer/frame.ts'
import type { ReceiveEffect } from '../../src/transfer/receive-machine.ts'
import {
  accepted,
  acceptedBefore,
  chunk,
  directoryEntry,
  doneOf,
  entriesOf,
  fileEntry,
  finishAll,
  manifestOf,
  only,
  packOf,
  saveBlock,
  takeIn,
  wholeBlock,
  written,
} from './receiving.ts'

const protocolError = expect.objectContaining({ code: 'protocol' })
const keep = (file: number, ...blocks: number[]): Frame => ({
  type: 'keep',
  blocks: blocks.map((block) => ({ file, block })),
})
const end = (file: number, bytes: number): Frame => ({ type: 'end', file, bytes })
const checkedOf = (effects: readonly ReceiveEffect[]) =>
  effects.flatMap((effect) =>
    effect.type === 'send' && effect.frame.type === 'checked' ? [effect.frame.through] : [],
  )

/** A machine that compares, and has told of all that is there of files of these sizes. */
function comparing(...contents: Uint8Array[]) {
  const machine = acceptedBefore({ compares: true })
  const effects = takeIn(machine, manifestOf(entriesOf(...contents.map(({ length }) => length))))
  for (const [file, content] of contents.entries()) {
    for (let at = 0; at < content.length; at += BLOCK_BYTES) {
      machine.had(file, blockDigest(content.subarray(at, at + BLOCK_BYTES)))
    }
  }
  return { machine, effects }
}

describe('the list of entries', () => {
  it.each([
    ['begins later', 1],
    ['leaves some out', 3],
    ['repeats some', 1],
  ])('is refused when it %s', (_, first) => {
    const machine = acceptedBefore()
    if (first !== 1 || _ === 'repeats some') takeIn(machine, manifestOf(entriesOf(1, 1), 0, false))
    expect(() => machine.receive(manifestOf(entriesOf(1), first))).toThrow(protocolError)
  })

  it('is taken in while more of it comes, and told of in order', () => {
    const machine = acceptedBefore()
    const [first, second] = [entriesOf(1, 1), entriesOf('d')]
    machine.receive(manifestOf(first, 0, false))
    machine.receive(manifestOf(second, 2))
    expect(checkedOf(machine.taken(0, first))).toEqual([2])
    expect(checkedOf(machine.taken(2, second))).toEqual([3])
  })

  it('may not run ahead of what is taken in', () => {
    const machine = acceptedBefore()
    const batch = Array.from({ length: MAX_MANIFEST_ENTRIES }, (_, at) => directoryEntry(`${at}`))
    let listed = 0
    const flood = () => {
      for (; listed < 100_000; listed += batch.length) {
        machine.receive(manifestOf(batch, listed, false))
      }
    }
    expect(flood).toThrow(protocolError)
    expect(listed).toBe(LISTED_AHEAD_ENTRIES + MAX_MANIFEST_ENTRIES)
  })

  it('may not have a file with more blocks than can be numbered', () => {
    const bytes = (MAX_BLOCK_NUMBER + 1) * BLOCK_BYTES
    const machine = acceptedBefore()
    expect(() => machine.receive(manifestOf(entriesOf(bytes)))).toThrow(protocolError)
  })

  it.each([
    ['files', (at: number) => fileEntry(10, `${at}`)],
    ['directories behind a file', (at: number) => (at ? directoryEntry(`${at}`) : fileEntry(10))],
  ])('waits while too many are open, %s included', (_, entryAt: (at: number) => Entry) => {
    const machine = acceptedBefore()
    let listed = 0
    let checked = 0
    for (; listed - checked < LISTED_AHEAD_ENTRIES && listed < 50_000; ) {
      const batch = Array.from({ length: MAX_MANIFEST_ENTRIES }, (_, at) => entryAt(listed + at))
      const effects = takeIn(machine, manifestOf(batch, listed, false))
      listed += batch.length
      checked = checkedOf(effects).at(-1) ?? checked
    }
    expect(checked).toBeLessThanOrEqual(MAX_OPEN_FILES)
    expect(listed).toBeLessThanOrEqual(MAX_OPEN_FILES + LISTED_AHEAD_ENTRIES)
    const told: number[] = []
    for (let file = 0; told.length === 0 && file < listed; file += 1) {
      told.push(...checkedOf(saveBlock(machine, wholeBlock(new Uint8Array(10), 0, file))))
    }
    expect(told).toEqual([listed])
  })
})

describe('a pack', () => {
  const contents = [10, 20, 30].map((bytes) => randomBytes(bytes))

  it('brings the files that it spans, but for those that are empty or no files', () => {
    const machine = accepted(10, 'd', 0, 20, 30, 99)
    finishAll(machine, [{ type: 'finish', file: 2, bytes: 0 }])
    const block = written(machine, packOf(contents, 0, 5))
    expect(block.length).toBe(60)
    expect(block.pack).toEqual([
      { file: 0, length: 10 },
      { file: 3, length: 20 },
      { file: 4, length: 30 },
    ])
    const digests = contents.map((content) => blockDigest(content))
    const effects = machine.blockWritten(block, digests)
    expect(effects.filter(({ type }) => type === 'ack')).toHaveLength(1)
    const files = finishAll(machine, effects).filter(({ type }) => type === 'file')
    expect(files).toMatchObject(
      digests.map((digest, at) => ({ bytes: 10 * (at + 1), digest: blockDigest(digest) })),
    )
  })

  it.each([
    ['spans what is not listed', [10, 20, 30], packOf(contents, 0, 4)],
    ['spans nothing', [10, 20, 30], packOf(contents, 0, 0)],
    ['is longer than its files', [10, 20, 29], packOf(contents)],
    ['is shorter than its files', [10, 20, 31], packOf(contents)],
    ['has a file of unknown length', [10, null, 30], packOf(contents)],
    [
      'has more than a block',
      [BLOCK_BYTES, 1],
      packOf([new Uint8Array(BLOCK_BYTES), new Uint8Array(1)]),
    ],
    [
      'spans too many entries',
      Array<number>(MAX_PACK_ENTRIES + 1).fill(1),
      packOf(Array<Uint8Array>(MAX_PACK_ENTRIES + 1).fill(new Uint8Array(1))),
    ],
  ] as const)('is refused when it %s', (_, sizes, frame) => {
    const machine = accepted(...sizes)
    expect(() => machine.receive(frame)).toThrow(protocolError)
  })

  it('is refused when it has a file of which a block came by itself', () => {
    const machine = accepted(10, 20, 30)
    machine.receive(wholeBlock(randomBytes(20), 0, 1))
    expect(() => machine.receive(packOf(contents))).toThrow(protocolError)
  })

  it('is refused when one of its files is finished, and it is longer than the rest', () => {
    const machine = accepted(10, 20, 30)
    saveBlock(machine, wholeBlock(randomBytes(20), 0, 1))
    expect(() => machine.receive(packOf(contents))).toThrow(protocolError)
  })

  it('is written once, also when it comes again while its files are being finished', () => {
    const machine = accepted(10, 20, 30)
    const frame = packOf(contents)
    const block = written(machine, frame)
    expect(machine.receive(frame)).toEqual([])
    const digests = contents.map((content) => blockDigest(content))
    const effects = machine.blockWritten(block, digests)
    expect(machine.receive(frame)).toEqual([])
    machine.finished(0)
    expect(machine.receive(frame)).toEqual([])
    finishAll(machine, effects.slice(-2))
    expect(machine.receive(frame)).toEqual([])
    expect(machine.receive(packOf(contents.slice(1), 1))).toEqual([])
    expect(machine.receive(wholeBlock(randomBytes(20), 0, 1))).toEqual([])
  })

  it('is kept until its last entry is taken in', () => {
    const machine = acceptedBefore()
    takeIn(machine, manifestOf(entriesOf(10, 20), 0, false))
    expect(machine.receive(packOf(contents))).toEqual([])
    const effects = takeIn(machine, manifestOf([fileEntry(30, '2')], 2))
    expect(only(effects, 'write').block.pack).toHaveLength(3)
  })
})

describe('what is there already', () => {
  const content = randomBytes(BLOCK_BYTES + 10)

  it('is told of, as far as the file goes, before anything comes', () => {
    const machine = acceptedBefore({ compares: true })
    const effects = takeIn(machine, manifestOf(entriesOf('d', 0, 30, null, BLOCK_BYTES + 1)))
    expect(only(effects, 'compare')).toEqual({ type: 'compare', files: [2, 3, 4], through: 5 })
    expect(checkedOf(effects)).toEqual([])
    const early = wholeBlock(randomBytes(30), 0, 2)
    expect(() => machine.receive(early)).toThrow(protocolError)
    const two = new Uint8Array(64)
    expect(machine.had(2, two)).toMatchObject([{ frame: { type: 'have', file: 2, first: 0 } }])
    expect(machine.had(2, two)).toEqual([])
    expect(machine.had(3, two)).toEqual([])
    expect(machine.had(4, two.subarray(32))).toMatchObject([{ frame: { first: 0 } }])
    expect(machine.had(4, two)).toMatchObject([
      { frame: { first: 1, digests: expect.objectContaining({ length: 32 }) } },
    ])
    expect(checkedOf(machine.compared(5))).toEqual([5])
    expect(written(machine, early)).toMatchObject({ file: 2 })
  })

  it('is kept where the sender says so, and counts as if it had come', () => {
    const { machine } = comparing(content)
    machine.compared(1)
    const last = saveBlock(machine, wholeBlock(content.subarray(BLOCK_BYTES), 1))
    expect(last).toContainEqual({ type: 'progress', writtenBytes: 10 })
    const effects = finishAll(machine, machine.receive(keep(0, 0)))
    expect(effects).toContainEqual({ type: 'progress', writtenBytes: content.length })
    const blocks = [content.subarray(0, BLOCK_BYTES), content.subarray(BLOCK_BYTES)]
    expect(machine.receive(doneOf(...blocks))).toEqual([{ type: 'publish' }])
  })

  it.each([
    ['twice', [0, 0]],
    ['of a block that is not there', [2]],
    ['of a pack', [PACK + 1]],
  ])('is refused %s', (_, blocks) => {
    const { machine } = comparing(content)
    machine.compared(1)
    expect(() => machine.receive(keep(0, ...blocks))).toThrow(protocolError)
  })

  it('is refused of a file of which nothing is there, or that is none, or before it was told', () => {
    const { machine } = comparing(content, new Uint8Array(0))
    expect(() => machine.receive(keep(0, 0))).toThrow(protocolError)
    machine.compared(2)
    expect(() => machine.receive(keep(1, 0))).toThrow(protocolError)
    expect(() => machine.receive(keep(7, 0))).toThrow(protocolError)
  })

  it('is refused where the block came, or is just coming in a pack', () => {
    const small = randomBytes(10)
    const { machine } = comparing(small, small)
    machine.compared(2)
    written(machine, wholeBlock(small, 0, 0))
    expect(() => machine.receive(keep(0, 0))).toThrow(protocolError)
    const other = comparing(small, small).machine
    other.compared(2)
    written(other, packOf([small, small]))
    expect(() => other.receive(keep(0, 0))).toThrow(protocolError)
  })

  it('may be reason not to want a file, which then counts as nothing', () => {
    const { machine } = comparing(content, content)
    const skip = (file: number) => machine.skipped(file)
    expect(skip(0)).toEqual([{ type: 'send', frame: { type: 'skip', files: [0] } }])
    expect(skip(0)).toEqual([])
    skip(1)
    expect(checkedOf(machine.compared(2))).toEqual([2])
    expect(machine.receive(wholeBlock(content.subarray(0, BLOCK_BYTES)))).toEqual([])
    const digest = blockDigest()
    const done: Frame = { type: 'done', files: 0, bytes: 0, digest }
    expect(machine.receive(done)).toEqual([{ type: 'publish' }])
    expect(machine.published()).toMatchObject([{}, { outcome: { files: 0, skipped: 2 } }])
  })
})

describe('a file of unknown length', () => {
  const [full, rest] = [randomBytes(BLOCK_BYTES), randomBytes(7)]

  it('is whole when all of it came and its end was told, in either order', () => {
    for (const isEndFirst of [true, false]) {
      const machine = accepted(null)
      const effects = isEndFirst ? machine.receive(end(0, BLOCK_BYTES + 7)) : []
      effects.push(...saveBlock(machine, wholeBlock(full, 0)))
      effects.push(...saveBlock(machine, wholeBlock(rest, 1)))
      if (!isEndFirst) effects.push(...finishAll(machine, machine.receive(end(0, BLOCK_BYTES + 7))))
      expect(only(effects, 'finish')).toMatchObject({ bytes: BLOCK_BYTES + 7 })
      expect(machine.receive(doneOf(full, rest))).toEqual([{ type: 'publish' }])
    }
  })

  it('may be empty', () => {
    const machine = accepted(null)
    expect(machine.receive(end(0, 0))).toEqual([{ type: 'finish', file: 0, bytes: 0 }])
  })

  it('is as long as any block of it where that is encoded', () => {
    const machine = accepted(null)
    const encoded = chunk({ encoding: 'zstd', digest: blockDigest() }, 10)
    expect(written(machine, encoded).length).toBe(BLOCK_BYTES)
  })

  it.each([
    ['twice', [end(0, 7), end(0, 7)]],
    ['of what is not listed', [end(1, 7)]],
    ['below what came', [wholeBlock(rest), end(0, 6)]],
    ['above its last block', [wholeBlock(rest), end(0, 8)]],
    ['in the middle of a block that came whole', [wholeBlock(full), end(0, BLOCK_BYTES - 1)]],
    ['behind a gap', [wholeBlock(full, 5), end(0, BLOCK_BYTES)]],
    ['behind two blocks that are the last', [wholeBlock(rest), wholeBlock(rest, 1), end(0, 14)]],
    [
      'behind a short block within',
      [wholeBlock(rest), wholeBlock(full, 1), end(0, 7 + BLOCK_BYTES)],
    ],
    ['where no number of a block reaches', [end(0, (MAX_BLOCK_NUMBER + 1) * BLOCK_BYTES)]],
  ])('does not end %s', (_, frames) => {
    const machine = accepted(null)
    const says = () => frames.flatMap((frame) => machine.receive(frame))
    expect(says).toThrow(protocolError)
  })

  it('may end before it is taken in, once, and not if its length is known', () => {
    for (const [bytes, isTwice] of [
      [null, false],
      [null, true],
      [7, false],
    ] as const) {
      const machine = acceptedBefore()
      const entries = entriesOf(bytes)
      machine.receive(manifestOf(entries))
      expect(machine.receive(end(0, 7))).toEqual([])
      machine.receive(wholeBlock(rest))
      if (isTwice) expect(() => machine.receive(end(0, 7))).toThrow(protocolError)
      else if (bytes === null) only(machine.taken(0, entries), 'write')
      else expect(() => machine.taken(0, entries)).toThrow(protocolError)
    }
  })

  it('does not end before it was compared', () => {
    const machine = acceptedBefore({ compares: true })
    takeIn(machine, manifestOf(entriesOf(null)))
    expect(() => machine.receive(end(0, 0))).toThrow(protocolError)
  })
})

describe('what is counted', () => {
  it('is told once, and only when it was not in the offer', () => {
    const machine = acceptedBefore({ isCounted: false })
    const total: Frame = { type: 'total', files: 3, bytes: 5 }
    expect(machine.receive(total)).toEqual([total])
    expect(() => machine.receive(total)).toThrow(protocolError)
  })
})
