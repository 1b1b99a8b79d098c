import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blockDigest } from '../../src/transfer/digests.ts'
import { CHUNK_HEADER_BYTES } from '../../src/transfer/encode-frame.ts'
import { DIGEST_BYTES } from '../../src/transfer/frame.ts'
import { OutgoingBlocks, type OutgoingChunk } from '../../src/transfer/outgoing-blocks.ts'
import type { BlockPlace } from '../../src/transfer/transfer-plan.ts'

const BLOCK_BYTES = 100
const PAYLOAD_BYTES = CHUNK_HEADER_BYTES + DIGEST_BYTES + 40
const protocolError = expect.objectContaining({ code: 'protocol' })

const placeOf = (block: number, length = BLOCK_BYTES): BlockPlace => ({
  file: 0,
  block,
  offset: block * BLOCK_BYTES,
  length,
})
const contentOf = (data: Uint8Array) =>
  ({ data, encoding: 'plain', digest: blockDigest(data) }) as const

/** Blocks whose contents can be seen to come and go. */
class WatchedBlocks {
  readonly blocks = new OutgoingBlocks(({ data }) => this.#release(data))
  /** Which block each piece of memory in use belongs to. */
  readonly held = new Map<Uint8Array, number>()
  /** Where pieces begin that are on their way or have arrived, by block. */
  readonly underWay = new Map<number, Set<number>>()
  readonly chunks: OutgoingChunk[] = []
  readonly reading: BlockPlace[] = []
  readonly wasRead = new Set<number>()
  readonly unwritten = new Map<number, Uint8Array>()
  readonly #written = new Map<number, Uint8Array>()
  #begun = 0

  #release(data: Uint8Array): void {
    if (!this.held.delete(data)) throw new Error('released what was not held')
    data.fill(0xee)
  }

  begin(length: number): void {
    const block = this.#begun
    this.#begun += 1
    this.unwritten.set(block, randomBytes(length))
    this.underWay.set(block, new Set())
    this.blocks.begin(placeOf(block, length))
  }

  startRead(): void {
    const block = this.blocks.nextRead()
    if (block === undefined) return
    expect(block.encoding).toBe(this.wasRead.has(block.place.block) ? 'plain' : undefined)
    this.reading.push(block.place)
  }

  finishRead(which: number): void {
    const [place] = this.reading.splice(which % Math.max(1, this.reading.length), 1)
    if (place === undefined) return
    const data = Uint8Array.from(this.contents(place.block))
    this.held.set(data, place.block)
    expect(this.blocks.read(place, contentOf(data))).toBe(!this.wasRead.has(place.block))
    this.wasRead.add(place.block)
  }

  send(chunkBytes: number): boolean {
    const chunk = this.blocks.next(chunkBytes, PAYLOAD_BYTES)
    if (chunk === undefined) return false
    const { block, offset, data, digest } = chunk.chunk
    const contents = this.contents(block)
    expect(data).toEqual(new Uint8Array(contents.subarray(offset, offset + data.length)))
    expect(digest !== undefined).toBe(offset + data.length === contents.length)
    this.expectFits(chunk)
    this.underWay.get(block)?.add(offset)
    this.chunks.push(chunk)
    this.blocks.sent(chunk)
    return true
  }

  /** A piece that was handed out before comes as it was, and another one lies beside all of those. */
  expectFits({ chunk: { block, offset, data } }: OutgoingChunk): void {
    const end = offset + data.length
    for (const { chunk: other } of this.chunks) {
      const otherEnd = other.offset + other.data.length
      if (other.block !== block || other.offset >= end || otherEnd <= offset) continue
      expect([other.offset, otherEnd]).toEqual([offset, end])
    }
  }

  lose(which: number): void {
    const chunk = this.chunks[which % Math.max(1, this.chunks.length)]
    if (chunk === undefined) return
    this.underWay.get(chunk.chunk.block)?.delete(chunk.offset)
    this.blocks.again(chunk)
  }

  /** The receiver writes a block of which everything was sent at some time. */
  write(which: number): void {
    const whole = [...this.unwritten.keys()].filter((block) => this.wasSent(block))
    const block = whole[which % Math.max(1, whole.length)]
    if (block === undefined) return
    expect(this.blocks.written(0, block)).toEqual(placeOf(block, this.contents(block).length))
    this.#written.set(block, this.contents(block))
    this.unwritten.delete(block)
  }

  contents(block: number): Uint8Array {
    const contents = this.unwritten.get(block) ?? this.#written.get(block)
    if (contents === undefined) throw new Error('a block that was not begun')
    return contents
  }

  wasSent(block: number): boolean {
    return this.coveredBytes(block, this.chunks) === this.contents(block).length
  }

  isUnderWay(block: number): boolean {
    const offsets = this.underWay.get(block)
    const chunks = this.chunks.filter(({ offset }) => offsets?.has(offset))
    return this.coveredBytes(block, chunks) === this.contents(block).length
  }

  coveredBytes(block: number, chunks: readonly OutgoingChunk[]): number {
    const lengths = new Map<number, number>()
    for (const { offset, chunk } of chunks) {
      if (chunk.block === block) lengths.set(offset, chunk.data.length)
    }
    return [...lengths.values()].reduce((sum, length) => sum + length, 0)
  }

  /** Contents are in memory for what is to be handed out, and for nothing else. */
  expectHeldAsNeeded(): void {
    const blocks = [...this.held.values()]
    expect(new Set(blocks).size).toBe(blocks.length)
    for (const block of blocks) {
      expect(this.unwritten.has(block)).toBe(true)
      expect(this.isUnderWay(block)).toBe(false)
    }
  }

  /** Reads and sends all that there is. */
  drain(): void {
    for (let idle = 0; idle < 2; idle += 1) {
      this.startRead()
      if (this.reading.length > 0 || this.send(40)) idle = -1
      this.finishRead(0)
    }
  }
}

const step = fc.oneof(
  fc.record({ what: fc.constant('begin' as const), with: fc.integer({ min: 1, max: 50 }) }),
  fc.record({
    what: fc.constantFrom('finishRead' as const, 'lose' as const, 'write' as const),
    with: fc.nat(50),
  }),
  fc.record({ what: fc.constant('send' as const), with: fc.integer({ min: 10, max: 60 }) }),
  fc.record({ what: fc.constant('startRead' as const), with: fc.constant(0) }),
)

describe('outgoing blocks', () => {
  it('are handed out in full, whatever is lost, repeated, read again and written meanwhile', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (steps) => {
        const watched = new WatchedBlocks()
        for (const { what, with: argument } of steps) {
          watched[what](argument)
          watched.expectHeldAsNeeded()
        }
        watched.drain()
        for (const block of watched.unwritten.keys()) expect(watched.isUnderWay(block)).toBe(true)
        expect(watched.held.size).toBe(0)
        expect(watched.blocks.waiting).toBe(0)
        expect(watched.blocks.unwritten).toBe(watched.unwritten.size)
      }),
      { numRuns: 300 },
    )
  })

  it('are cut into equal pieces that fit the lane', () => {
    const watched = new WatchedBlocks()
    watched.begin(100)
    watched.startRead()
    watched.finishRead(0)
    while (watched.send(1000)) expect(watched.chunks.length).toBeLessThan(10)
    expect(watched.chunks.map(({ chunk }) => chunk.data.length)).toEqual([34, 33, 33])
  })

  it('are cut anew where the size changes before all was handed out', () => {
    const watched = new WatchedBlocks()
    watched.begin(100)
    watched.startRead()
    watched.finishRead(0)
    for (const chunkBytes of [10, 20, 40, 40]) watched.send(chunkBytes)
    expect(watched.chunks.map(({ chunk }) => chunk.data.length)).toEqual([10, 18, 36, 36])
  })

  it('come in no more pieces than the smallest size makes of them, whatever sizes there are', () => {
    const sizes = fc.array(fc.integer({ min: 8, max: 100 }), { minLength: 1 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), sizes, (bytes, chunkBytes) => {
        const watched = new WatchedBlocks()
        watched.begin(bytes)
        watched.startRead()
        watched.finishRead(0)
        const next = () => chunkBytes[watched.chunks.length % chunkBytes.length] ?? 8
        while (watched.send(next()));
        expect(watched.wasSent(0)).toBe(true)
        expect(watched.chunks.length).toBeLessThanOrEqual(Math.ceil(bytes / 8))
      }),
    )
  })

  it('are sent again in the same pieces, whatever sizes there are by then', () => {
    const watched = new WatchedBlocks()
    watched.begin(100)
    watched.drain()
    watched.lose(1)
    watched.startRead()
    watched.finishRead(0)
    const again = watched.blocks.next(10, PAYLOAD_BYTES)
    expect([again?.offset, again?.chunk.data.length]).toEqual([34, 33])
  })

  it('go on with the next one where a lane takes only smaller pieces', () => {
    const watched = new WatchedBlocks()
    watched.begin(100)
    watched.begin(100)
    watched.startRead()
    watched.finishRead(0)
    while (watched.send(40));
    watched.lose(0)
    for (let reads = 0; reads < 2; reads += 1) watched.startRead()
    watched.finishRead(0)
    watched.finishRead(0)
    expect(watched.blocks.next(40, PAYLOAD_BYTES - 10)).toMatchObject({ chunk: { block: 1 } })
    expect(watched.blocks.next(40, PAYLOAD_BYTES)).toMatchObject({ chunk: { block: 0 } })
  })

  it('are not sent twice for a piece that is lost twice', () => {
    const watched = new WatchedBlocks()
    watched.begin(100)
    watched.drain()
    watched.lose(0)
    watched.lose(0)
    watched.startRead()
    expect(watched.blocks.nextRead()).toBeUndefined()
    watched.finishRead(0)
    expect([watched.send(40), watched.send(40)]).toEqual([true, false])
  })

  it('are done with once they are written, whatever is said to be lost of them', () => {
    const watched = new WatchedBlocks()
    watched.begin(100)
    watched.drain()
    watched.write(0)
    watched.lose(0)
    expect([watched.blocks.nextRead(), watched.blocks.waiting]).toEqual([undefined, 0])
  })

  it('are refused when they were changed before they were read again', () => {
    const watched = new WatchedBlocks()
    watched.begin(100)
    watched.drain()
    watched.lose(0)
    const { place } = watched.blocks.nextRead() ?? { place: placeOf(-1) }
    expect(() => watched.blocks.read(place, contentOf(randomBytes(100)))).toThrow(
      expect.objectContaining({ code: 'file-changed' }),
    )
  })

  it('are not written before all of them was sent, nor twice', () => {
    const watched = new WatchedBlocks()
    watched.begin(100)
    expect(() => watched.blocks.written(0, 0)).toThrow(protocolError)
    expect(() => watched.blocks.written(0, 1)).toThrow(protocolError)
    watched.startRead()
    watched.finishRead(0)
    watched.send(40)
    expect(() => watched.blocks.written(0, 0)).toThrow(protocolError)
    watched.drain()
    watched.write(0)
    expect(() => watched.blocks.written(0, 0)).toThrow(protocolError)
  })
})
