import fc from 'fast-check'
import {
  BLOCK_BYTES,
  MAX_WINDOW_BYTES,
  MIN_BLOCK_BYTES,
  MIN_LIMIT_BYTES_PER_SECOND,
} from '../../src/limits.ts'
import { ENCODINGS, type Frame, OFFER_KINDS } from '../../src/transfer/frame.ts'

/** What the numbers in frames are taken from. */
export interface FrameNumbers {
  /** A file or entry. */
  file: fc.Arbitrary<number>
  block: fc.Arbitrary<number>
  /** Sizes, counts and offsets that are kept in 64 bits. */
  size: fc.Arbitrary<number>
  /** The same in 32 bits. */
  length: fc.Arbitrary<number>
  path: fc.Arbitrary<string>
  data: fc.Arbitrary<Uint8Array>
}

type ArbitraryFrames = {
  [Type in Frame['type']]: fc.Arbitrary<Extract<Frame, { type: Type }>>
}

const digest = fc.uint8Array({ minLength: 32, maxLength: 32 })

/** Frames of each type that are well formed, which is not to say that they may come. */
export function arbitraryFrames(numbers: FrameNumbers): ArbitraryFrames {
  const { file, block, size, length, path, data } = numbers
  const is = <Type extends string>(type: Type) => fc.constant(type)
  const blocks = fc.array(fc.record({ file, block }), { minLength: 1, maxLength: 20 })
  const shared = {
    path,
    mode: fc.nat(0o7777),
    modifiedMs: fc.double({ noNaN: true, noDefaultInfinity: true }).map((ms) => ms || 0),
  }
  const entry = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: is('file'), bytes: fc.option(size), ...shared }) },
    fc.record({ kind: is('directory'), bytes: fc.constant(0), ...shared }),
  )
  const code = fc.constantFrom('declined' as const, 'cancelled' as const)
  return {
    offer: fc.record({
      type: is('offer'),
      name: path,
      kind: fc.constantFrom(...OFFER_KINDS),
      files: size,
      bytes: size,
      isCounted: fc.boolean(),
      blockBytes: fc.integer({ min: MIN_BLOCK_BYTES, max: BLOCK_BYTES }),
    }),
    total: fc.record({ type: is('total'), files: size, bytes: size }),
    accept: fc.record(
      {
        type: is('accept'),
        windowBytes: fc.integer({ min: BLOCK_BYTES, max: MAX_WINDOW_BYTES }),
        compares: fc.boolean(),
        bytesPerSecond: fc.integer({ min: MIN_LIMIT_BYTES_PER_SECOND, max: 1e12 }),
      },
      { requiredKeys: ['type', 'windowBytes', 'compares'] },
    ),
    decline: fc.record({ type: is('decline'), code }),
    abort: fc.record({ type: is('abort'), code }),
    manifest: fc.record({
      type: is('manifest'),
      first: size,
      entries: fc.array(entry, { maxLength: 20 }),
      isLast: fc.boolean(),
    }),
    have: fc.record({
      type: is('have'),
      file,
      first: length,
      digests: fc
        .array(digest, { minLength: 1, maxLength: 8 })
        .map((digests) => Uint8Array.from(digests.flatMap((each) => [...each]))),
    }),
    skip: fc.record({
      type: is('skip'),
      files: fc.array(file, { minLength: 1, maxLength: 20 }),
    }),
    checked: fc.record({ type: is('checked'), through: size }),
    chunk: fc.record(
      {
        type: is('chunk'),
        file,
        block,
        encoding: fc.constantFrom(...ENCODINGS),
        wireBytes: length,
        offset: length,
        data,
        digest,
      },
      { requiredKeys: ['type', 'file', 'block', 'encoding', 'wireBytes', 'offset', 'data'] },
    ),
    keep: fc.record({ type: is('keep'), blocks }),
    ack: fc.record({ type: is('ack'), blocks }),
    end: fc.record({ type: is('end'), file, bytes: size }),
    done: fc.record({ type: is('done'), files: size, bytes: size, digest }),
    saved: fc.record({ type: is('saved'), digest }),
    received: fc.record({ type: is('received'), frames: size }),
  }
}
