import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  BLOCK_BYTES,
  CHECKED_TOGETHER_ENTRIES,
  LISTED_AHEAD_ENTRIES,
  MAX_MANIFEST_ENTRIES,
  MAX_OPEN_FILES,
  MAX_PACK_ENTRIES,
} from '../../src/limits.ts'
import { blockDigest } from '../../src/transfer/digests.ts'
import { type Entry, type Frame, MAX_BLOCK_NUMBER } from '../../src/transfer/frame.ts'
import {
  accepted,
  acceptedBefore,
  checkedOf,
  directoryEntry,
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
    const machine = acceptedBefore({ compares: true })
    const [first, second] = [entriesOf(1, 1), entriesOf('d')]
    machine.receive(manifestOf(first, 0, false))
    machine.receive(manifestOf(second, 2))
    machine.taken(0, first)
    expect(checkedOf(machine.compared(2))).toEqual([2])
    machine.taken(2, second)
    expect(checkedOf(machine.compared(3))).toEqual([3])
  })

  it('is told of together where no chunk waits for that, and to its end', () => {
    const machine = acceptedBefore()
    const told: number[] = []
    const take = (count: number, first: number, isLast: boolean) => {
      const batch = Array.from({ length: count }, (_, at) => directoryEntry(`${first + at}`))
      told.push(...checkedOf(takeIn(machine, manifestOf(batch, first, isLast))))
    }
    take(MAX_MANIFEST_ENTRIES, 0, false)
    expect(told).toEqual([])
    for (let first = MAX_MANIFEST_ENTRIES; told.length === 0; first += MAX_MANIFEST_ENTRIES) {
      take(MAX_MANIFEST_ENTRIES, first, false)
    }
    expect(told).toEqual([CHECKED_TOGETHER_ENTRIES])
    take(3, CHECKED_TOGETHER_ENTRIES, false)
    take(0, CHECKED_TOGETHER_ENTRIES + 3, true)
    expect(told).toEqual([CHECKED_TOGETHER_ENTRIES, CHECKED_TOGETHER_ENTRIES + 3])
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
    const effects = machine.packWritten(block, digests)
    expect(effects.filter(({ type }) => type === 'ack')).toHaveLength(1)
    expect(effects.filter(({ type }) => type === 'file')).toMatchObject(
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

  it('is refused when another pack brought some of it meanwhile', () => {
    const machine = accepted(10, 20, 30)
    const { data, digest = data, ...rest } = packOf(contents)
    machine.receive({ ...rest, data: data.subarray(0, 30) })
    written(machine, packOf(contents.slice(1), 1))
    expect(() => machine.receive({ ...rest, data: data.subarray(30), offset: 30, digest })).toThrow(
      protocolError,
    )
  })

  it('is written once, also when it comes again', () => {
    const machine = accepted(10, 20, 30)
    const frame = packOf(contents)
    const block = written(machine, frame)
    expect(machine.receive(frame)).toEqual([])
    machine.packWritten(
      block,
      contents.map((content) => blockDigest(content)),
    )
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

describe('what is counted', () => {
  it('is told once, and only when it was not in the offer', () => {
    const machine = acceptedBefore({ isCounted: false })
    const total: Frame = { type: 'total', files: 3, bytes: 5 }
    expect(machine.receive(total)).toEqual([total])
    expect(() => machine.receive(total)).toThrow(protocolError)
  })
})
