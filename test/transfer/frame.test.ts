import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ShareError } from '../../src/errors.ts'
import { MAX_CONTROL_BYTES } from '../../src/limits.ts'
import { decodeFrame } from '../../src/transfer/decode-frame.ts'
import { encodeFrame } from '../../src/transfer/encode-frame.ts'
import { type Chunk, ENCODINGS, type Frame, FrameType } from '../../src/transfer/frame.ts'

const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const size = fc.maxSafeNat()
const u32 = fc.nat(0xffffffff)
const digest = bytesOf(32)

const frames: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({
    type: fc.constant('offer' as const),
    name: fc.string({ minLength: 1, maxLength: 500, unit: 'grapheme' }),
    files: fc.integer({ min: 1, max: 1e9 }),
    bytes: size,
    blockBytes: fc.integer({ min: 1, max: 1024 * 1024 }),
  }),
  fc.record({
    type: fc.constant('accept' as const),
    windowBytes: fc.integer({ min: 1024 * 1024, max: 64 * 1024 * 1024 }),
  }),
  fc.record({
    type: fc.constantFrom('decline' as const, 'abort' as const),
    code: fc.constantFrom('declined' as const, 'disk-full' as const),
  }),
  fc.record({
    type: fc.constant('manifest' as const),
    first: size,
    entries: fc.array(
      fc.record({
        path: fc.string({ minLength: 1, maxLength: 100 }),
        bytes: size,
        mode: fc.nat(0o7777),
        modifiedMs: fc.double({ noNaN: true, noDefaultInfinity: true }).map((ms) => ms || 0),
      }),
      { maxLength: 20 },
    ),
  }),
  fc.record(
    {
      type: fc.constant('chunk' as const),
      file: u32,
      block: u32,
      encoding: fc.constantFrom(...ENCODINGS),
      wireBytes: u32,
      offset: u32,
      data: fc.uint8Array(),
      digest,
    },
    { requiredKeys: ['type', 'file', 'block', 'encoding', 'wireBytes', 'offset', 'data'] },
  ),
  fc.record({ type: fc.constant('file' as const), file: u32, bytes: size, digest }),
  fc.record({ type: fc.constant('ack' as const), file: u32, block: size }),
  fc.record({ type: fc.constant('done' as const), files: u32, bytes: size, digest }),
  fc.record({ type: fc.constant('saved' as const), digest }),
)

const encode = (frame: Frame) => new Uint8Array(Buffer.concat(encodeFrame(frame)))
const json = (type: number, body: unknown) =>
  new Uint8Array(Buffer.concat([Uint8Array.of(type), Buffer.from(JSON.stringify(body))]))

const offer = {
  name: 'a',
  files: 1,
  bytes: 1,
  blockBytes: 1024,
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
const entry = { path: 'a', bytes: 1, mode: 0, modifiedMs: 0 }

describe('frames', () => {
  it('come out as they went in', () => {
    fc.assert(
      fc.property(frames, (frame) => {
        expect(decodeFrame(encode(frame))).toEqual(frame)
      }),
      { numRuns: 500 },
    )
  })

  it('are refused with a protocol error, and with nothing else, whatever the bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom(...Object.values(FrameType), 0, 11, 255),
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
      { numRuns: 2000 },
    )
  })

  it.each([
    ['nothing', new Uint8Array(0)],
    ['an unknown type', Uint8Array.of(0x7f)],
    ['a chunk without a header', Uint8Array.of(FrameType.chunk, 0, 0, 0)],
    ['a chunk without its offset', encode(chunk(new Uint8Array(0))).subarray(0, -1)],
    ['a chunk in an unknown encoding', encode(chunk(new Uint8Array(1))).with(1, 3 << 1)],
    ['a chunk with an unknown flag', encode(chunk(new Uint8Array(1))).with(1, 0x80)],
    ['a chunk with half a digest', encode(chunk(new Uint8Array(16))).with(1, 1)],
    [
      'an acknowledgement past what a number holds',
      Uint8Array.of(FrameType.ack, ...new Uint8Array(16).fill(0xff)),
    ],
    ['an acknowledgement that is too short', Uint8Array.of(FrameType.ack, ...new Uint8Array(8))],
    ['an acknowledgement that is too long', Uint8Array.of(FrameType.ack, ...new Uint8Array(17))],
    ['a digest that is too short', Uint8Array.of(FrameType.saved, ...new Uint8Array(31))],
    ['a size that is negative', json(FrameType.offer, { ...offer, bytes: -1 })],
    ['a size that is no integer', json(FrameType.offer, { ...offer, bytes: 1.5 })],
    ['a size of 2^53', json(FrameType.offer, { ...offer, bytes: 2 ** 53 })],
    ['a size that is no number', json(FrameType.offer, { ...offer, bytes: null })],
    ['a size that is a text', json(FrameType.offer, { ...offer, bytes: '1' })],
    ['no files', json(FrameType.offer, { ...offer, files: 0 })],
    ['blocks of no bytes', json(FrameType.offer, { ...offer, blockBytes: 0 })],
    ['blocks larger than ours', json(FrameType.offer, { ...offer, blockBytes: 2 ** 21 })],
    ['a name that is too long', json(FrameType.offer, { ...offer, name: 'x'.repeat(5000) })],
    ['no name', json(FrameType.offer, { ...offer, name: '' })],
    ['an offer that is an array', json(FrameType.offer, [offer])],
    ['a window of no block', json(FrameType.accept, { windowBytes: 1000 })],
    ['a window without end', json(FrameType.accept, { windowBytes: 2 ** 40 })],
    ['too many entries', json(FrameType.manifest, { first: 0, entries: Array(257).fill(entry) })],
    [
      'a mode that is none',
      json(FrameType.manifest, { first: 0, entries: [{ ...entry, mode: 1e6 }] }),
    ],
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
  })

  it('take a failure that this version does not know for a cancellation', () => {
    expect(decodeFrame(json(FrameType.abort, { code: 'meteorite' }))).toEqual({
      type: 'abort',
      code: 'cancelled',
    })
  })
})
