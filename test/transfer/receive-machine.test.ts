import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { BLOCK_BYTES, MIB, RECEIVE_WINDOW_BYTES } from '../../src/limits.ts'
import { blockDigest } from '../../src/transfer/digests.ts'
import type { Chunk, Frame } from '../../src/transfer/frame.ts'
import { ReceiveMachine } from '../../src/transfer/receive-machine.ts'
import { offerOf } from './memory-transfer.ts'

/** A machine that has accepted an offer of `bytes`. */
function accepted(bytes: number) {
  const machine = new ReceiveMachine()
  const { offer, entries } = offerOf({ length: bytes } as Uint8Array)
  machine.receive({ type: 'offer', ...offer })
  machine.accept()
  machine.receive({ type: 'manifest', first: 0, entries })
  return machine
}

const chunk = (part: Partial<Chunk>): Frame => ({
  type: 'chunk',
  file: 0,
  block: 0,
  offset: 0,
  data: new Uint8Array(10),
  ...part,
})
const protocolError = expect.objectContaining({ code: 'protocol' })

describe('the receiver', () => {
  it.each([
    ['a chunk of a file that was not offered', chunk({ file: 1 })],
    ['a chunk of a block past the end', chunk({ block: 1 })],
    ['a chunk over the end of the file', chunk({ offset: 95 })],
    ['a chunk far behind the end', chunk({ offset: 0xffffffff })],
    ['an empty chunk', chunk({ data: new Uint8Array(0) })],
    ['a second offer', { type: 'offer', ...offerOf(new Uint8Array(1)).offer } as Frame],
    ['a second manifest', { type: 'manifest', first: 0, entries: [] } as Frame],
    ['what only a receiver says', { type: 'ack', writtenBytes: 0 } as Frame],
    [
      'a file of another size',
      { type: 'file', file: 0, bytes: 99, digest: new Uint8Array(32) } as Frame,
    ],
    [
      'the end before the data',
      { type: 'done', files: 1, bytes: 100, digest: new Uint8Array(32) } as Frame,
    ],
  ])('refuses %s', (_, frame) => {
    const machine = accepted(100)
    expect(() => machine.receive(frame)).toThrow(protocolError)
  })

  it('refuses a chunk over another', () => {
    const machine = accepted(100)
    machine.receive(chunk({ offset: 0 }))
    expect(() => machine.receive(chunk({ offset: 5 }))).toThrow(protocolError)
  })

  it('refuses a block without a digest', () => {
    const machine = accepted(10)
    expect(() => machine.receive(chunk({}))).toThrow(protocolError)
  })

  it('refuses a block that comes again', () => {
    const machine = accepted(2 * BLOCK_BYTES)
    const data = randomBytes(BLOCK_BYTES)
    const again = chunk({ data, digest: blockDigest(data) })
    const [write] = machine.receive(again)
    if (write?.type !== 'write') throw new Error('no block')
    machine.blockWritten(write.block)
    const [second] = machine.receive(again)
    if (second?.type !== 'write') throw new Error('no block')
    expect(() => machine.blockWritten(second.block)).toThrow(protocolError)
  })

  it('holds no more blocks than fit the window, however many a sender begins', () => {
    const machine = accepted(2 ** 40)
    let begun = 0
    const beginMany = () => {
      for (; begun < 1000; begun += 1) machine.receive(chunk({ block: begun }))
    }
    expect(beginMany).toThrow(protocolError)
    expect(begun * BLOCK_BYTES).toBeLessThanOrEqual(RECEIVE_WINDOW_BYTES)
  })

  it('takes no more than the window while nothing is written', () => {
    const machine = accepted(2 ** 40)
    const flood = () => {
      for (let block = 0; block < 40; block += 1) {
        machine.receive(chunk({ block, data: new Uint8Array(MIB), digest: new Uint8Array(32) }))
      }
    }
    expect(flood).toThrow(protocolError)
  })

  it('takes no block in crumbs, each of which would cost more than its bytes', () => {
    const machine = accepted(BLOCK_BYTES)
    let taken = 0
    const crumble = () => {
      for (; taken < 10_000; taken += 1) {
        machine.receive(chunk({ offset: taken, data: new Uint8Array(1) }))
      }
    }
    expect(crumble).toThrow(protocolError)
    expect(taken).toBeLessThan(1000)
  })

  it('puts chunks together that come in any order', () => {
    const machine = accepted(30)
    const data = randomBytes(30)
    const piece = (offset: number) => ({ offset, data: data.subarray(offset, offset + 10) })
    machine.receive(chunk({ ...piece(20), digest: blockDigest(data) }))
    machine.receive(chunk(piece(0)))
    const [write] = machine.receive(chunk(piece(10)))
    if (write?.type !== 'write') throw new Error('no block')
    expect(Buffer.compare(Buffer.concat(write.block.parts), data)).toBe(0)
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
    const [write] = machine.receive(chunk({ data, digest: blockDigest(data) }))
    if (write?.type !== 'write') throw new Error('no block')
    machine.blockWritten(write.block)
    const announce = () =>
      machine.receive({ type: 'file', file: 0, bytes: 10, digest: new Uint8Array(32) })
    expect(announce).toThrow(expect.objectContaining({ code: 'integrity' }))
  })
})
