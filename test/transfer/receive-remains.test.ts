import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { BLOCK_BYTES } from '../../src/limits.ts'
import { blockDigest } from '../../src/transfer/digests.ts'
import { type Frame, MAX_BLOCK_NUMBER, PACK } from '../../src/transfer/frame.ts'
import {
  accepted,
  acceptedBefore,
  checkedOf,
  chunk,
  doneOf,
  entriesOf,
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
