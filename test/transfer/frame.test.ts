import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ShareError } from '../../src/errors.ts'
import {
  BLOCK_BYTES,
  MAX_CONTROL_BYTES,
  MAX_HAVE_DIGESTS,
  MAX_LISTED_BLOCKS,
  MIN_BLOCK_BYTES,
} from '../../src/limits.ts'
import { decodeFrame } from '../../src/transfer/decode-frame.ts'
import { encodeFrame } from '../../src/transfer/encode-frame.ts'
import { type Chunk, type Frame, FrameType } from '../../src/transfer/frame.ts'
import { arbitraryFrames } from './arbitrary-frames.ts'

const u32 = fc.nat(0xffffffff)
const frames = fc.oneof(
  ...Object.values(
    arbitraryFrames({
      file: u32,
      block: u32,
      size: fc.maxSafeNat(),
      length: u32,
      path: fc.string({ minLength: 1, maxLength: 100, unit: 'grapheme' }),
      data: fc.uint8Array(),
    }),
  ),
)

const encode = (frame: Frame) => new Uint8Array(Buffer.concat(encodeFrame(frame)))
const json = (type: number, body: unknown) =>
  new Uint8Array(Buffer.concat([Uint8Array.of(type), Buffer.from(JSON.stringify(body))]))
const filled = (type: number, bytes: number, byte = 0) =>
  Uint8Array.of(type, ...new Uint8Array(bytes).fill(byte))

const offer = {
  name: 'a',
  kind: 'file',
  files: 1,
  bytes: 1,
  isCounted: true,
  blockBytes: MIN_BLOCK_BYTES,
}
const chunk = (data: Uint8Array): { type: 'chunk' } & Chunk => ({
  type: 'chunk',
  file: 0,
  block: 0,
  encoding: 'plain',
  wireBytes: 100,
  offset: 0,
  data,
})
const entry = { path: 'a', kind: 'file', bytes: 1, mode: 0, modifiedMs: 0 }
const manifest = (...entries: unknown[]) =>
  json(FrameType.manifest, { first: 0, entries, isLast: true })
const accept = { windowBytes: BLOCK_BYTES, compares: false }

describe('frames', () => {
  it('come out as they went in', () => {
    fc.assert(
      fc.property(frames, (frame) => {
        expect(decodeFrame(encode(frame))).toEqual(frame)
      }),
      { numRuns: 1000 },
    )
  })

  it('are refused with a protocol error, and with nothing else, whatever the bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom(...Object.values(FrameType), 0, 0x11, 255),
        (bytes, type) => {
          const payload = Uint8Array.of(type, ...bytes)
          try {
            decodeFrame(payload)
          } catch (error) {
            expect(error).toBeInstanceOf(ShareError)
            expect(error).toMatchObject({ code: 'protocol' })
          }
        },
      ),
      { numRuns: 3000 },
    )
  })

  it('are taken as these tests have them, where nothing is wrong', () => {
    for (const payload of [
      json(FrameType.offer, offer),
      json(FrameType.accept, accept),
      manifest(entry, { ...entry, bytes: null }, { ...entry, kind: 'directory', bytes: 0 }),
      encode(chunk(new Uint8Array(1))),
      filled(FrameType.have, 8 + 32),
      filled(FrameType.skip, 4),
    ]) {
      expect(() => decodeFrame(payload)).not.toThrow()
    }
  })

  it.each([
    ['nothing', new Uint8Array(0)],
    ['an unknown type', Uint8Array.of(0x7f)],
    ['a chunk without a header', Uint8Array.of(FrameType.chunk, 0, 0, 0)],
    ['a chunk without its offset', encode(chunk(new Uint8Array(0))).subarray(0, -1)],
    ['a chunk in an unknown encoding', encode(chunk(new Uint8Array(1))).with(1, 3 << 1)],
    ['a chunk with an unknown flag', encode(chunk(new Uint8Array(1))).with(1, 0x80)],
    ['a chunk with half a digest', encode(chunk(new Uint8Array(16))).with(1, 1)],
    ['an acknowledgement of nothing', filled(FrameType.ack, 0)],
    ['an acknowledgement of half a block', filled(FrameType.ack, 4)],
    ['an acknowledgement of a block and a half', filled(FrameType.ack, 12)],
    ['an acknowledgement that is cut off', filled(FrameType.ack, 15)],
    ['too many acknowledged blocks', filled(FrameType.ack, 8 * (MAX_LISTED_BLOCKS + 1))],
    ['too many blocks that are kept', filled(FrameType.keep, 8 * (MAX_LISTED_BLOCKS + 1))],
    ['nothing that is skipped', filled(FrameType.skip, 0)],
    ['too many files that are skipped', filled(FrameType.skip, 4 * (MAX_LISTED_BLOCKS + 1))],
    ['no digests', filled(FrameType.have, 8)],
    ['half a digest', filled(FrameType.have, 8 + 48)],
    ['digests of no block', filled(FrameType.have, 3)],
    ['too many digests', filled(FrameType.have, 8 + 32 * (MAX_HAVE_DIGESTS + 1))],
    ['a count past what a number holds', filled(FrameType.checked, 8, 0xff)],
    ['a confirmation past what a number holds', filled(FrameType.received, 8, 0xff)],
    ['a confirmation that is too short', filled(FrameType.received, 7)],
    ['an end past what a number holds', filled(FrameType.end, 16, 0xff)],
    ['an end that is too long', filled(FrameType.end, 17)],
    ['a total that is too short', filled(FrameType.total, 15)],
    ['a last word without its digest', filled(FrameType.done, 16)],
    ['a digest that is too short', filled(FrameType.saved, 31)],
    ['a size that is negative', json(FrameType.offer, { ...offer, bytes: -1 })],
    ['a size that is no integer', json(FrameType.offer, { ...offer, bytes: 1.5 })],
    ['a size of 2^53', json(FrameType.offer, { ...offer, bytes: 2 ** 53 })],
    ['a size that is no number', json(FrameType.offer, { ...offer, bytes: null })],
    ['a size that is a text', json(FrameType.offer, { ...offer, bytes: '1' })],
    ['a kind that is none', json(FrameType.offer, { ...offer, kind: 'device' })],
    ['no word on whether it is counted', json(FrameType.offer, { ...offer, isCounted: undefined })],
    ['blocks of no bytes', json(FrameType.offer, { ...offer, blockBytes: 0 })],
    ['blocks of hardly any bytes', json(FrameType.offer, { ...offer, blockBytes: 2 })],
    ['blocks larger than ours', json(FrameType.offer, { ...offer, blockBytes: 2 ** 21 })],
    ['a name that is too long', json(FrameType.offer, { ...offer, name: 'x'.repeat(5000) })],
    ['no name', json(FrameType.offer, { ...offer, name: '' })],
    ['an offer that is an array', json(FrameType.offer, [offer])],
    ['a window of no block', json(FrameType.accept, { ...accept, windowBytes: 1000 })],
    ['a window without end', json(FrameType.accept, { ...accept, windowBytes: 2 ** 40 })],
    ['no word on comparing', json(FrameType.accept, { ...accept, compares: undefined })],
    ['too many entries', manifest(...Array(257).fill(entry))],
    ['a mode that is none', manifest({ ...entry, mode: 1e6 })],
    ['an entry of an unknown kind', manifest({ ...entry, kind: 'link' })],
    ['an entry of no kind', manifest({ ...entry, kind: undefined })],
    ['a directory that has bytes', manifest({ ...entry, kind: 'directory' })],
    ['a directory of unknown size', manifest({ ...entry, kind: 'directory', bytes: null })],
    ['a file without a size', manifest({ ...entry, bytes: undefined })],
    ['an entry without a name', manifest({ ...entry, path: '' })],
    ['a time that is none', manifest({ ...entry, modifiedMs: null })],
    ['deep nesting', Buffer.from(`\u0004${'['.repeat(6000)}${']'.repeat(6000)}`)],
    ['text that is no UTF-8', Uint8Array.of(FrameType.offer, 0x22, 0xff, 0x22)],
    [
      'control frames that are too large',
      json(FrameType.offer, { ...offer, more: 'x'.repeat(MAX_CONTROL_BYTES) }),
    ],
  ])('are refused with %s', (_, payload) => {
    expect(() => decodeFrame(payload)).toThrow(expect.objectContaining({ code: 'protocol' }))
  })

  it('leave out what a later version may add', () => {
    const payload = json(FrameType.offer, { ...offer, comment: 'new', ['__proto__']: { evil: 1 } })
    expect(decodeFrame(payload)).toEqual({ type: 'offer', ...offer })
    const extended = manifest({ ...entry, owner: 'root' })
    expect(decodeFrame(extended)).toMatchObject({ entries: [entry] })
    expect(Buffer.from(encode(decodeFrame(extended))).includes('owner')).toBe(false)
  })

  it('take a failure that this version does not know for a cancellation', () => {
    expect(decodeFrame(json(FrameType.abort, { code: 'meteorite' }))).toEqual({
      type: 'abort',
      code: 'cancelled',
    })
  })
})
