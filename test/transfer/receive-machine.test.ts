import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { BLOCK_BYTES, MIB, RECEIVE_WINDOW_BYTES } from '../../src/limits.ts'
import { blockDigest } from '../../src/transfer/digests.ts'
import { type Frame, PACK } from '../../src/transfer/frame.ts'
import { ReceiveMachine } from '../../src/transfer/receive-machine.ts'
import {
  accepted,
  acceptedBefore,
  chunk,
  doneOf,
  entriesOf,
  finishAll,
  manifestOf,
  offerFrame,
  only,
  saveBlock,
  takeIn,
  wholeBlock,
  written,
} from './receiving.ts'

/** A machine that has written `data` and is told that this was all. */
function complete(data: Uint8Array) {
  const machine = accepted(data.length)
  const done = doneOf(data)
  saveBlock(machine, wholeBlock(data))
  expect(machine.receive(done)).toEqual([{ type: 'publish' }])
  return { machine, digest: done.digest }
}

const protocolError = expect.objectContaining({ code: 'protocol' })

describe('the receiver', () => {
  it.each<[string, Frame]>([
    ['a chunk of a file that was not listed', chunk({ file: 1 })],
    ['a chunk of a block past the end', chunk({ block: 1 })],
    ['a chunk of a block that has no number', chunk({ block: PACK - 1 })],
    ['a plain chunk of a block that is longer than the file has', chunk({}, 101)],
    ['a plain chunk of a block that is shorter than the file has', chunk({}, 99)],
    ['an encoded chunk of a block that gained nothing', chunk({ encoding: 'zstd' }, 100)],
    ['a chunk over the end of an encoded block', chunk({ encoding: 'lz4' }, 9)],
    ['a chunk over the end of the file', chunk({ offset: 95 })],
    ['a chunk far behind the end', chunk({ offset: 0xffffffff })],
    ['an empty chunk', chunk({ data: new Uint8Array(0) })],
    ['a second offer', offerFrame()],
    ['a manifest after the last one', manifestOf([], 1)],
    ['what only a receiver says', { type: 'ack', blocks: [{ file: 0, block: 0 }] }],
    ['the end of a file whose length is known', { type: 'end', file: 0, bytes: 100 }],
    ['a block to keep where nothing is', { type: 'keep', blocks: [{ file: 0, block: 0 }] }],
    ['what is counted when that was told', { type: 'total', files: 1, bytes: 100 }],
  ])('refuses %s', (_, frame) => {
    const machine = accepted(100)
    expect(() => machine.receive(frame)).toThrow(protocolError)
  })

  it.each([
    ['partly over another', chunk({ offset: 5 })],
    ['that is the beginning of another', chunk({ data: new Uint8Array(9) })],
    ['that goes on where another ends', chunk({ data: new Uint8Array(11) })],
    ['over two others', chunk({ data: new Uint8Array(30) })],
    ['in another encoding than the rest of its block', chunk({ offset: 50, encoding: 'zstd' }, 99)],
  ])('refuses a chunk %s', (_, frame) => {
    const machine = accepted(100)
    machine.receive(chunk({}))
    machine.receive(chunk({ offset: 20 }))
    expect(() => machine.receive(frame)).toThrow(protocolError)
  })

  it('refuses to be told twice that this was all', () => {
    const machine = accepted(100)
    const frame = doneOf(new Uint8Array(100))
    expect(machine.receive(frame)).toEqual([])
    expect(() => machine.receive(frame)).toThrow(protocolError)
  })

  it('refuses a block without a digest', () => {
    const machine = accepted(10)
    expect(() => machine.receive(chunk({}, 10))).toThrow(protocolError)
  })

  it('takes the first copy of a chunk that comes twice', () => {
    const machine = accepted(20)
    const data = new Uint8Array(20).fill(1)
    const first = chunk({ data: data.subarray(0, 10) }, 20)
    machine.receive(first)
    expect(machine.receive({ ...first, data: new Uint8Array(10).fill(2) })).toEqual([])
    const rest = chunk({ offset: 10, data: data.subarray(10), digest: blockDigest(data) }, 20)
    expect(Buffer.concat(written(machine, rest).parts)).toEqual(Buffer.from(data))
  })

  it('asks for a block to be written once, and acknowledges it once, however often it comes', () => {
    const machine = accepted(2 * BLOCK_BYTES)
    const again = wholeBlock(randomBytes(BLOCK_BYTES), 1)
    const block = written(machine, again)
    expect(block).toMatchObject({ offset: BLOCK_BYTES, length: BLOCK_BYTES, pack: undefined })
    expect(machine.receive(again)).toEqual([])
    expect(machine.blockWritten(block)).toEqual([
      { type: 'ack', block: { file: 0, block: 1 } },
      { type: 'progress', writtenBytes: BLOCK_BYTES },
    ])
    expect(machine.receive(again)).toEqual([])
    expect(machine.receive(chunk({ ...again, offset: 5, data: again.data.subarray(5) }))).toEqual(
      [],
    )
  })

  it('leaves late copies out of account while it publishes and when all is over', () => {
    const data = randomBytes(10)
    const { machine, digest } = complete(data)
    expect(machine.receive(wholeBlock(data))).toEqual([])
    expect(machine.published()).toMatchObject([
      { type: 'send', frame: { type: 'saved', digest } },
      { type: 'end', outcome: { receivedBytes: 10, files: 1, bytes: 10, skipped: 0 } },
    ])
    expect(machine.receive(wholeBlock(data))).toEqual([])
  })

  it('keeps chunks that overtake the manifest, or its being taken in, on another lane', () => {
    const data = randomBytes(20)
    const machine = acceptedBefore()
    const first = chunk({ data: data.subarray(0, 10) }, 20)
    const last = chunk({ offset: 10, data: data.subarray(10), digest: blockDigest(data) }, 20)
    const entries = entriesOf(20)
    expect(machine.receive(last)).toEqual([])
    expect(machine.receive(manifestOf(entries))).toEqual([{ type: 'list', first: 0, entries }])
    expect(machine.receive(first)).toEqual([])
    const { block } = only(machine.taken(0, entries), 'write')
    expect(Buffer.concat(block.parts)).toEqual(data)
  })

  it.each([
    ['bytes', 256 * 1024],
    ['crumbs', 1],
  ])('keeps no more %s before the manifest than after it', (_, bytes) => {
    const machine = acceptedBefore()
    let taken = 0
    const flood = () => {
      for (; taken < 100_000; taken += 1) machine.receive(chunk({ data: new Uint8Array(bytes) }))
    }
    expect(flood).toThrow(protocolError)
    expect(taken).toBeLessThan(5000)
    expect(taken * bytes).toBeLessThanOrEqual(RECEIVE_WINDOW_BYTES)
  })

  it('refuses chunks that were early and belong to nothing', () => {
    const machine = acceptedBefore()
    machine.receive(chunk({ file: 1 }, 20))
    expect(() => machine.receive(manifestOf(entriesOf(20)))).toThrow(protocolError)
  })

  it('publishes only when everything is there, in whatever order it came', () => {
    const data = randomBytes(10)
    for (const isDoneFirst of [true, false]) {
      const machine = accepted(10)
      if (isDoneFirst) expect(machine.receive(doneOf(data))).toEqual([])
      const block = written(machine, wholeBlock(data))
      if (!isDoneFirst) expect(machine.receive(doneOf(data))).toEqual([])
      const types = machine.blockWritten(block).map(({ type }) => type)
      expect(types).toEqual(['ack', 'progress', 'finish'])
      expect(machine.finished(0).map(({ type }) => type)).toEqual(['file', 'publish'])
    }
  })

  it('holds no more blocks than fit the window, however many a sender begins', () => {
    const machine = accepted(2 ** 40)
    let begun = 0
    const beginMany = () => {
      for (; begun < 1000; begun += 1) machine.receive(chunk({ block: begun }, BLOCK_BYTES))
    }
    expect(beginMany).toThrow(protocolError)
    expect(begun * BLOCK_BYTES).toBeLessThanOrEqual(RECEIVE_WINDOW_BYTES)
  })

  it('takes no more than the window while nothing is written', () => {
    const machine = accepted(2 ** 40)
    const flood = () => {
      for (let block = 0; block < 40; block += 1) {
        machine.receive(wholeBlock(new Uint8Array(MIB), block))
      }
    }
    expect(flood).toThrow(protocolError)
  })

  it('takes no block in crumbs, each of which would cost more than its bytes', () => {
    const machine = accepted(BLOCK_BYTES)
    let taken = 0
    const crumble = () => {
      for (; taken < 10_000; taken += 1) {
        machine.receive(chunk({ offset: taken, data: new Uint8Array(1) }, BLOCK_BYTES))
      }
    }
    expect(crumble).toThrow(protocolError)
    expect(taken).toBeLessThan(1000)
  })

  it('puts chunks together that come in any order', () => {
    const machine = accepted(30)
    const data = randomBytes(30)
    const piece = (offset: number) => ({ offset, data: data.subarray(offset, offset + 10) })
    machine.receive(chunk({ ...piece(20), digest: blockDigest(data) }, 30))
    machine.receive(chunk(piece(0), 30))
    const block = written(machine, chunk(piece(10), 30))
    expect(Buffer.compare(Buffer.concat(block.parts), data)).toBe(0)
  })

  it('refuses everything before it has accepted', () => {
    const machine = new ReceiveMachine()
    expect(() => machine.receive({ type: 'total', files: 0, bytes: 0 })).toThrow(protocolError)
    machine.receive(offerFrame())
    const early: Frame[] = [chunk({}), manifestOf(entriesOf(1)), doneOf(new Uint8Array(1))]
    for (const frame of early) expect(() => machine.receive(frame)).toThrow(protocolError)
  })

  it.each([
    ['protocol', { files: 2 }],
    ['protocol', { bytes: 9 }],
    ['integrity', { digest: new Uint8Array(32) }],
  ])('ends with %s instead of publishing what is not what was announced', (code, lie) => {
    const data = randomBytes(10)
    const machine = accepted(10)
    saveBlock(machine, wholeBlock(data))
    const announce = () => machine.receive({ ...doneOf(data), ...lie })
    expect(announce).toThrow(expect.objectContaining({ code }))
  })

  it('publishes nothing after it failed, whatever is still answered', () => {
    const data = randomBytes(10)
    const machine = acceptedBefore()
    const entries = entriesOf(10)
    machine.receive(manifestOf(entries))
    const block = { ...wholeBlock(data), length: 10, parts: [data], pack: undefined }
    machine.laneEnded()
    const answers = [
      machine.taken(0, entries),
      machine.compared(1),
      machine.had(0, new Uint8Array(32)),
      machine.skipped(0),
      machine.blockWritten({ ...block, digest: block.digest ?? data }),
      machine.finished(0),
      machine.published(),
    ]
    expect(answers.flat()).toEqual([])
  })

  it('finishes files that are empty, and counts directories as nothing', () => {
    const machine = acceptedBefore()
    const effects = finishAll(machine, takeIn(machine, manifestOf(entriesOf('d', 0, 0))))
    expect(effects.filter(({ type }) => type === 'file')).toHaveLength(2)
    const done: Frame = { type: 'done', files: 3, bytes: 0, digest: new Uint8Array(32) }
    expect(() => machine.receive(done)).toThrow(protocolError)
  })
})
