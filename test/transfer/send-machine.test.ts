import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  BLOCK_BYTES,
  LISTED_AHEAD_ENTRIES,
  MAX_MANIFEST_ENTRIES,
  MAX_OPEN_FILES,
  MIB,
} from '../../src/limits.ts'
import { blockDigest } from '../../src/transfer/digests.ts'
import type { Frame } from '../../src/transfer/frame.ts'
import { entriesOf } from './receiving.ts'
import { seededRandom } from './seeded-random.ts'
import { SimulatedSending } from './simulated-sending.ts'

const protocolError = expect.objectContaining({ code: 'protocol' })
const have = (file: number, first: number, count: number): Frame => ({
  type: 'have',
  file,
  first,
  digests: new Uint8Array(32 * count),
})
const ack = (...blocks: [number, number][]): Frame => ({
  type: 'ack',
  blocks: blocks.map(([file, block]) => ({ file, block })),
})
const checked = (through: number): Frame => ({ type: 'checked', through })
const accept = (compares = false): Frame => ({ type: 'accept', windowBytes: 32 * MIB, compares })

/** A sender that has listed files of these sizes to a receiver that wants them. */
function listing(compares: boolean, ...sizes: (number | null | 'd')[]): SimulatedSending {
  const sending = new SimulatedSending(entriesOf(...sizes))
  sending.receive(accept(compares))
  sending.listAll()
  return sending
}

/** One that has also sent all it may, and is told nothing yet. */
function sendingAll(...sizes: (number | null | 'd')[]): SimulatedSending {
  const sending = listing(false, ...sizes)
  sending.readAll()
  sending.sendAll()
  return sending
}

describe('the sender', () => {
  it.each<[string, Frame]>([
    ['a second acceptance', accept()],
    ['digests that begin later', have(0, 1, 1)],
    ['more digests than the file has blocks', have(0, 0, 4)],
    ['digests of an empty file', have(1, 0, 1)],
    ['digests of a directory', have(2, 0, 1)],
    ['digests of a file of unknown length', have(3, 0, 1)],
    ['digests of what is not listed', have(9, 0, 1)],
    ['a file not to be sent that is not listed', { type: 'skip', files: [9] }],
    ['a directory not to be sent', { type: 'skip', files: [2] }],
    ['a file not to be sent twice', { type: 'skip', files: [0, 0] }],
    ['entries taken in that are not listed', checked(6)],
    ['a block that was never sent', ack([0, 0])],
    ['a block of nothing', ack([9, 0])],
    ['that all is saved', { type: 'saved', digest: new Uint8Array(32) }],
    ['what only a sender says', { type: 'end', file: 0, bytes: 0 }],
  ])('refuses to hear of %s', (_, frame) => {
    const sending = listing(true, 3 * BLOCK_BYTES, 0, 'd', null, 10)
    expect(() => sending.receive(frame)).toThrow(protocolError)
  })

  it('refuses everything but an answer before it has one, and lists nothing', () => {
    const early: Frame[] = [
      checked(0),
      have(0, 0, 1),
      ack([0, 0]),
      { type: 'skip', files: [0] },
      { type: 'saved', digest: new Uint8Array(32) },
    ]
    for (const frame of early) {
      const sending = new SimulatedSending(entriesOf(10))
      expect(() => sending.receive(frame)).toThrow(protocolError)
      expect(sending.isAsked).toBe(false)
    }
  })

  it('refuses to hear of what the receiver has when that was told, or is not compared', () => {
    const sending = listing(true, 3 * BLOCK_BYTES, 3 * BLOCK_BYTES, 3 * BLOCK_BYTES)
    sending.receive(have(0, 0, 2))
    sending.receive(have(1, 0, 2))
    expect(() => sending.receive(have(0, 0, 1))).toThrow(protocolError)
    expect(() => sending.receive(have(0, 2, 2))).toThrow(protocolError)
    sending.receive({ type: 'skip', files: [1] })
    expect(() => sending.receive(have(1, 2, 1))).toThrow(protocolError)
    sending.receive(checked(1))
    expect(() => sending.receive(have(0, 2, 1))).toThrow(protocolError)
    expect(() => sending.receive({ type: 'skip', files: [0] })).toThrow(protocolError)
    const plain = listing(false, 10)
    expect(() => plain.receive(have(0, 0, 1))).toThrow(protocolError)
    expect(() => plain.receive({ type: 'skip', files: [0] })).toThrow(protocolError)
  })

  it('refuses that less is taken in than was', () => {
    const sending = listing(false, 1, 2, 3)
    sending.receive(checked(2))
    sending.receive(checked(2))
    expect(() => sending.receive(checked(1))).toThrow(protocolError)
  })

  it('refuses to be told twice that a block is written', () => {
    const sending = sendingAll(2 * BLOCK_BYTES)
    sending.receive(ack([0, 0]))
    expect(() => sending.receive(ack([0, 0]))).toThrow(protocolError)
    const other = sendingAll(2 * BLOCK_BYTES)
    expect(() => other.receive(ack([0, 0], [0, 0]))).toThrow(protocolError)
  })

  it('reads nothing that is to be compared before it was', () => {
    const sending = listing(true, 10, 20)
    sending.readAll()
    expect(sending.unreleased).toBe(0)
    expect(sending.chunks).toBe(0)
    sending.receive(checked(1))
    sending.readAll()
    sending.sendAll()
    expect(sending.chunks).toBe(1)
  })

  it('keeps what the receiver has, and says nothing of a pack then', () => {
    const sending = listing(true, 10, 20, 30)
    const content = sending.contentOf(1)
    sending.receive({ type: 'have', file: 1, first: 0, digests: blockDigest(content) })
    sending.receive(checked(3))
    sending.readAll()
    expect(sending.kept).toEqual([{ file: 1, block: 0 }])
    sending.sendAll()
    expect([...sending.unacknowledged]).toEqual(['0/0', '2/0'])
  })

  it('takes the files of a pack for finished when it is read, and asks that of no other', () => {
    const sending = sendingAll(10, 20, 0, 'd', 30)
    expect(sending.asksToFinish).toEqual([2])
    sending.acknowledgeAll()
    expect([...sending.finished]).toEqual([0, 1, 4])
    expect(sending.done).toBeUndefined()
    sending.finishAll()
    expect(sending.done).toMatchObject({ files: 4, bytes: 60 })
  })

  it.each([
    ['before all is written', 0, 'integrity'],
    ['with another digest', 1, 'integrity'],
  ])('does not believe that all is saved %s', (_, lie, code) => {
    const sending = sendingAll(10)
    sending.finishAll()
    const digest = Uint8Array.from(sending.done?.digest ?? [])
    if (lie === 1) sending.receive(ack([0, 0]))
    if (lie === 1) digest[0] = (digest[0] ?? 0) ^ 1
    sending.receive({ type: 'saved', digest })
    expect(sending.outcome).toMatchObject({ code })
  })

  it('does not believe that all is saved before it has said all', () => {
    const sending = sendingAll(10)
    const saved: Frame = { type: 'saved', digest: new Uint8Array(32) }
    expect(() => sending.receive(saved)).toThrow(protocolError)
  })

  it('lists no further for a receiver that takes all in and lets nothing go', () => {
    const sending = new SimulatedSending(entriesOf(...Array<number>(30_000).fill(10)))
    sending.receive(accept())
    for (let turn = 0; turn < 200; turn += 1) {
      sending.listAll()
      sending.receive(checked(sending.listed))
    }
    expect(sending.listed).toBeLessThanOrEqual(2 * MAX_OPEN_FILES + MAX_MANIFEST_ENTRIES)
    const before = sending.listed
    sending.readAll()
    sending.sendAll()
    sending.finishAll()
    sending.acknowledgeAll()
    sending.listAll()
    expect(sending.listed).toBeGreaterThan(before)
  })

  it('lists only so far ahead of a receiver that takes nothing in', () => {
    const sending = new SimulatedSending(entriesOf(...Array<'d'>(10_000).fill('d')))
    sending.receive(accept())
    sending.listAll()
    expect(sending.listed).toBe(LISTED_AHEAD_ENTRIES)
  })

  it('asks, reads, finishes and releases as it should, in whatever order things happen', () => {
    const size = fc.oneof(
      fc.integer({ min: 0, max: 100 }),
      fc.constantFrom<(number | null | 'd')[]>(null, 'd', 'd', BLOCK_BYTES, 3 * BLOCK_BYTES + 1),
    )
    fc.assert(
      fc.property(
        fc.array(size, { maxLength: 30 }),
        fc.boolean(),
        fc.nat(),
        (sizes, compares, seed) => {
          const random = seededRandom(seed)
          const sending = new SimulatedSending(entriesOf(...sizes), 3)
          sending.receive(accept(compares))
          for (let turn = 0; sending.outcome === undefined; turn += 1) {
            if (turn > 5000) throw new Error('it does not come to an end')
            sending.anything(compares, () => Math.floor(1000 * random()))
          }
          const files = sizes.filter((bytes) => bytes !== 'd').length
          expect(sending.outcome).toMatchObject({ files: files - sending.skipped })
          expect(sending.released.size).toBe(files)
          expect(sending.finished.size).toBe(files - sending.skipped)
          expect(sending.unreleased).toBe(0)
        },
      ),
      { numRuns: 300 },
    )
  })
})
