import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { BLOCK_BYTES, MIB, RECEIVE_WINDOW_BYTES } from '../../src/limits.ts'
import type { WholeBlock } from '../../src/transfer/block-assembler.ts'
import { blockDigest, transferDigest } from '../../src/transfer/digests.ts'
import type { Chunk, Frame } from '../../src/transfer/frame.ts'
import { ReceiveMachine } from '../../src/transfer/receive-machine.ts'
import { offerOf } from './memory-transfer.ts'

/** A machine that has accepted an offer of `bytes`, and the manifest that comes next. */
function acceptedBefore(bytes: number) {
  const machine = new ReceiveMachine()
  const { offer, entries } = offerOf({ length: bytes } as Uint8Array)
  machine.receive({ type: 'offer', ...offer })
  machine.accept()
  const manifest: Frame = { type: 'manifest', first: 0, entries }
  return { machine, manifest }
}

/** A machine that has accepted an offer of `bytes` and knows the manifest. */
function accepted(bytes: number) {
  const { machine, manifest } = acceptedBefore(bytes)
  machine.receive(manifest)
  return machine
}

/** A chunk of a block of `wireBytes`; ten zeros from its beginning unless told otherwise. */
const chunk = (part: Partial<Chunk>, wireBytes = 100): { type: 'chunk' } & Chunk => ({
  type: 'chunk',
  file: 0,
  block: 0,
  encoding: 'plain',
  wireBytes,
  offset: 0,
  data: new Uint8Array(10),
  ...part,
})
/** A whole block in one chunk. */
const wholeBlock = (data: Uint8Array, block = 0) =>
  chunk({ block, data, digest: blockDigest(data) }, data.length)

/** The block that `machine` asks to write because of `frame`. */
function written(machine: ReceiveMachine, frame: Frame): WholeBlock {
  const [write] = machine.receive(frame)
  if (write?.type !== 'write') throw new Error('no block')
  return write.block
}

/** What a sender says of a file that is `data`. */
function announcementsOf(data: Uint8Array) {
  const digest = blockDigest(blockDigest(data))
  const all = transferDigest([{ path: 'file.bin', bytes: data.length, digest }])
  const file: Frame = { type: 'file', file: 0, bytes: data.length, digest }
  const done: Frame = { type: 'done', files: 1, bytes: data.length, digest: all }
  return { file, done, digest: all }
}

/** A machine that has written `data` and is told that this was all. */
function complete(data: Uint8Array) {
  const machine = accepted(data.length)
  const { file, done, digest } = announcementsOf(data)
  machine.blockWritten(written(machine, wholeBlock(data)))
  machine.receive(file)
  expect(machine.receive(done)).toMatchObject([{ type: 'publish' }])
  return { machine, digest }
}

const protocolError = expect.objectContaining({ code: 'protocol' })

describe('the receiver', () => {
  it.each([
    ['a chunk of a file that was not offered', chunk({ file: 1 })],
    ['a chunk of a block past the end', chunk({ block: 1 })],
    ['a plain chunk of a block that is longer than the file has', chunk({}, 101)],
    ['a plain chunk of a block that is shorter than the file has', chunk({}, 99)],
    ['an encoded chunk of a block that gained nothing', chunk({ encoding: 'zstd' }, 100)],
    ['a chunk over the end of an encoded block', chunk({ encoding: 'lz4' }, 9)],
    ['a chunk over the end of the file', chunk({ offset: 95 })],
    ['a chunk far behind the end', chunk({ offset: 0xffffffff })],
    ['an empty chunk', chunk({ data: new Uint8Array(0) })],
    ['a second offer', { type: 'offer', ...offerOf(new Uint8Array(1)).offer } as Frame],
    ['a second manifest', { type: 'manifest', first: 0, entries: [] } as Frame],
    ['what only a receiver says', { type: 'ack', file: 0, block: 0 } as Frame],
    [
      'a file of another size',
      { type: 'file', file: 0, bytes: 99, digest: new Uint8Array(32) } as Frame,
    ],
    [
      'the end of another size',
      { type: 'done', files: 1, bytes: 99, digest: new Uint8Array(32) } as Frame,
    ],
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

  it.each(['file', 'done'] as const)('refuses a second announcement (%s)', (which) => {
    const machine = accepted(100)
    const frame = announcementsOf(new Uint8Array(100))[which]
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
    expect(machine.receive(again)).toEqual([])
    expect(machine.blockWritten(block)).toContainEqual({
      type: 'send',
      frame: { type: 'ack', file: 0, block: 1 },
    })
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
      { type: 'end', outcome: { receivedBytes: 10 } },
    ])
    expect(machine.receive(wholeBlock(data))).toEqual([])
  })

  it('keeps chunks that overtake the manifest on another lane', () => {
    const data = randomBytes(20)
    const { machine, manifest } = acceptedBefore(20)
    const first = chunk({ data: data.subarray(0, 10) }, 20)
    const last = chunk({ offset: 10, data: data.subarray(10), digest: blockDigest(data) }, 20)
    expect([...machine.receive(last), ...machine.receive(first)]).toEqual([])
    expect(Buffer.concat(written(machine, manifest).parts)).toEqual(data)
  })

  it.each([
    ['bytes', 256 * 1024],
    ['crumbs', 1],
  ])('keeps no more %s before the manifest than after it', (_, bytes) => {
    const { machine } = acceptedBefore(2 ** 40)
    let taken = 0
    const flood = () => {
      for (; taken < 100_000; taken += 1) machine.receive(chunk({ data: new Uint8Array(bytes) }))
    }
    expect(flood).toThrow(protocolError)
    expect(taken).toBeLessThan(5000)
    expect(taken * bytes).toBeLessThanOrEqual(RECEIVE_WINDOW_BYTES)
  })

  it('refuses chunks that were early and belong to nothing', () => {
    const { machine, manifest } = acceptedBefore(20)
    machine.receive(chunk({ file: 1 }, 20))
    expect(() => machine.receive(manifest)).toThrow(protocolError)
  })

  it('takes the announcements before, between and after the blocks', () => {
    const data = randomBytes(10)
    const { file, done } = announcementsOf(data)
    for (const order of [
      [file, done, wholeBlock(data)],
      [wholeBlock(data), file, done],
      [file, wholeBlock(data), done],
    ]) {
      const machine = accepted(10)
      const effects = order.flatMap((frame) => machine.receive(frame))
      const write = effects.find(({ type }) => type === 'write')
      if (write?.type !== 'write') throw new Error('no block')
      expect(effects.some(({ type }) => type === 'publish')).toBe(false)
      const types = machine.blockWritten(write.block).map(({ type }) => type)
      expect(types).toEqual(['send', 'progress', 'file', 'publish'])
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

  it.each([
    ['more entries than offered', { entries: 2 }],
    ['other sizes than offered', { bytes: 101 }],
    ['another name than offered', { path: '../../.ssh/authorized_keys' }],
    ['a part of the list that was not asked for', { first: 1 }],
  ])('refuses a manifest with %s', (_, change) => {
    const { offer, entries } = offerOf(new Uint8Array(100))
    const machine = new ReceiveMachine()
    machine.receive({ type: 'offer', ...offer })
    machine.accept()
    const [entry] = entries
    if (entry === undefined) throw new Error('no entry')
    const {
      entries: count = 1,
      first = 0,
      ...fields
    } = { ...change } as {
      entries?: number
      first?: number
    }
    const list = Array.from({ length: count }, () => ({ ...entry, ...fields }))
    expect(() => machine.receive({ type: 'manifest', first, entries: list })).toThrow(protocolError)
  })

  it('refuses data before it has accepted', () => {
    const { offer } = offerOf(new Uint8Array(100))
    const machine = new ReceiveMachine()
    machine.receive({ type: 'offer', ...offer })
    expect(() => machine.receive(chunk({}))).toThrow(protocolError)
  })

  it('declines more files than this version can save', () => {
    const { offer } = offerOf(new Uint8Array(100))
    const machine = new ReceiveMachine()
    const effects = machine.receive({ type: 'offer', ...offer, files: 2 })
    expect(effects).toMatchObject([
      { type: 'send', frame: { type: 'decline', code: 'incompatible' } },
      { type: 'end', outcome: { code: 'incompatible' } },
    ])
  })

  it('publishes only what has the digests that were announced', () => {
    const machine = accepted(10)
    const data = randomBytes(10)
    machine.blockWritten(written(machine, wholeBlock(data)))
    const announce = () =>
      machine.receive({ type: 'file', file: 0, bytes: 10, digest: new Uint8Array(32) })
    expect(announce).toThrow(expect.objectContaining({ code: 'integrity' }))
  })
})
