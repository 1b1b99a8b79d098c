import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Codec } from '../../src/compression/codec.ts'
import { loadLz4Codec } from '../../src/compression/lz4-codec.ts'
import { zstdCodec } from '../../src/compression/zstd-codec.ts'
import { ShareError } from '../../src/errors.ts'
import { BLOCK_BYTES, KIB, MIB } from '../../src/limits.ts'
import { logLines, noise, repeatedNoise } from './contents.ts'
import { zstdBomb } from './zstd-bomb.ts'

const GIB = 1024 * MIB
/** What a refusal may leave behind in buffers of the runtime. */
const MAX_GROWTH_BYTES = 48 * MIB

const zstd = zstdCodec()
const lz4 = await loadLz4Codec()

async function refusal(codec: Codec, data: Uint8Array, bytes: number): Promise<unknown> {
  const thrown: unknown = await codec.decompress(data, bytes).then(
    (block) => `gave ${block.length} bytes`,
    (error: unknown) => error,
  )
  return thrown instanceof ShareError ? thrown.code : thrown
}

/** Refused, or else the very block: nothing in between. */
async function refusedOrRight(codec: Codec, data: Uint8Array, block: Uint8Array): Promise<boolean> {
  return codec.decompress(data, block.length).then(
    (result) => Buffer.compare(result, block) === 0,
    (thrown) => thrown instanceof ShareError && thrown.code === 'protocol',
  )
}

async function expectNoGrowth(work: () => Promise<void>): Promise<void> {
  const peakBytes = () => process.resourceUsage().maxRSS * KIB
  const before = peakBytes()
  await work()
  expect(peakBytes() - before).toBeLessThan(MAX_GROWTH_BYTES)
}

const blocks = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 5000 }),
  fc
    .tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 3000 }))
    .map(([part, times]) => Buffer.concat(Array.from({ length: times }, () => part))),
  fc.constantFrom(
    noise(BLOCK_BYTES),
    logLines(BLOCK_BYTES),
    repeatedNoise(BLOCK_BYTES),
    new Uint8Array(BLOCK_BYTES),
    new Uint8Array(1),
  ),
)

const codecs: [string, Codec | undefined][] = [
  ['zstd', zstd],
  ['lz4', lz4],
]

it('zstd is there in every Node from 22.15 on, and lz4 in all', () => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const hasZstd = major > 23 || (major === 23 && minor >= 8) || (major === 22 && minor >= 15)
  expect(zstd !== undefined).toBe(hasZstd)
  expect(lz4).toBeDefined()
})

describe('a codec', () => {
  it('is left out where the runtime has no zstd', () => {
    expect(zstdCodec({ constants: {} })).toBeUndefined()
  })

  it('is left out where the native library cannot be loaded', async () => {
    const missing = () => Promise.reject(new Error('Cannot find package'))
    expect(await loadLz4Codec(missing)).toBeUndefined()
  })
})

for (const [name, codec] of codecs) {
  describe.skipIf(codec === undefined)(name, () => {
    if (codec === undefined) return

    it('gives back every block as it was', async () => {
      await fc.assert(
        fc.asyncProperty(blocks, async (block) => {
          const copy = block.slice()
          const data = await codec.compress(block)
          expect(Buffer.compare(await codec.decompress(data, block.length), copy)).toBe(0)
          expect(Buffer.compare(block, copy)).toBe(0)
        }),
      )
    })

    it('makes a log less than half as long, and noise hardly longer', async () => {
      const log = await codec.compress(logLines(BLOCK_BYTES))
      expect(log.length).toBeLessThan(BLOCK_BYTES / 2)
      const random = await codec.compress(noise(BLOCK_BYTES))
      expect(random.length).toBeLessThan(BLOCK_BYTES * 1.01)
    })

    it('works on several blocks at a time', async () => {
      const parts = Array.from({ length: 12 }, (_, index) => noise(1000 * (index + 1), index + 1))
      const packed = await Promise.all(parts.map((part) => codec.compress(part)))
      const results = await Promise.all(
        packed.map((data, index) => codec.decompress(data, 1000 * (index + 1))),
      )
      expect(results.map((result) => Buffer.from(result).toString('hex'))).toEqual(
        parts.map((part) => Buffer.from(part).toString('hex')),
      )
    })

    it('refuses data of another size than announced', async () => {
      const data = await codec.compress(logLines(50_000))
      for (const bytes of [1, 49_999, 50_001, BLOCK_BYTES]) {
        expect(await refusal(codec, data, bytes)).toBe('protocol')
      }
    })

    it('refuses announced sizes that no block has', async () => {
      const data = await codec.compress(new Uint8Array(100))
      for (const bytes of [0, -1, 1.5, Number.NaN, BLOCK_BYTES + 1, GIB, 2 ** 53]) {
        expect(await refusal(codec, data, bytes)).toBe('protocol')
      }
    })

    it('refuses data with anything after it', async () => {
      const block = logLines(10_000)
      const data = await codec.compress(block)
      const longer = Buffer.concat([data, noise(30)])
      expect(await refusedOrRight(codec, longer, block)).toBe(true)
      const twice = Buffer.concat([data, data])
      expect(await refusedOrRight(codec, twice, block)).toBe(true)
    })

    it('refuses data that was cut off, or gives the block where only trailing bytes are gone', async () => {
      const block = logLines(20_000)
      const data = await codec.compress(block)
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 0, max: data.length - 1 }), async (length) => {
          expect(await refusedOrRight(codec, data.subarray(0, length), block)).toBe(true)
        }),
      )
      expect(await refusal(codec, data.subarray(0, data.length >> 1), block.length)).toBe(
        'protocol',
      )
      expect(await refusal(codec, new Uint8Array(0), block.length)).toBe('protocol')
    })

    it('refuses or bounds whatever else it is given', async () => {
      const head = await codec.compress(new Uint8Array(1000))
      await fc.assert(
        fc.asyncProperty(
          fc.uint8Array({ maxLength: 200 }),
          fc.integer({ min: 0, max: 12 }),
          async (garbage, kept) => {
            const data = Buffer.concat([head.subarray(0, kept), garbage])
            const size = await codec.decompress(data, 1000).then(
              (block) => block.length,
              (thrown) => (thrown instanceof ShareError ? 1000 : thrown),
            )
            expect(size).toBe(1000)
          },
        ),
        { numRuns: 500 },
      )
    })
  })
}

describe.skipIf(zstd === undefined)('a zstd bomb', () => {
  if (zstd === undefined) return

  it('that tells the truth about a block is no bomb', async () => {
    const block = await zstd.decompress(zstdBomb(MIB, MIB), MIB)
    expect(block.every((byte) => byte === 0)).toBe(true)
  })

  it('that says 1 MiB and holds 1 GiB is refused without taking memory', async () => {
    await expectNoGrowth(async () => {
      expect(await refusal(zstd, zstdBomb(MIB, GIB), MIB)).toBe('protocol')
    })
  })

  it('that says 1 GiB is refused by its header', async () => {
    await expectNoGrowth(async () => {
      expect(await refusal(zstd, zstdBomb(GIB, GIB), MIB)).toBe('protocol')
    })
  })

  it('behind a harmless frame takes no memory', async () => {
    const data = Buffer.concat([zstdBomb(MIB, MIB), zstdBomb(GIB, GIB)])
    await expectNoGrowth(async () => {
      expect(await refusedOrRight(zstd, data, new Uint8Array(MIB))).toBe(true)
    })
  })

  it('that asks for a window of 128 MiB gets no more than its contents take', async () => {
    // Not a single segment, and a window of 2^(10 + 17) bytes.
    const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x80, 17 << 3, 0, 0, 0x10, 0])
    const singleSegmentHeaderBytes = 9
    const data = Buffer.concat([header, zstdBomb(MIB, MIB).subarray(singleSegmentHeaderBytes)])
    await expectNoGrowth(async () => {
      expect(await refusedOrRight(zstd, data, new Uint8Array(MIB))).toBe(true)
      // Cut off, it is not decompressed in one go but through buffers of zstd's own.
      expect(await refusal(zstd, data.subarray(0, -4), MIB)).toBe('protocol')
    })
  })
})

describe('an lz4 bomb', () => {
  if (lz4 === undefined) return
  /** One byte, repeated for as long as 255s follow. */
  const longMatch = (statedBytes: number, actualBytes: number) => {
    const data = Buffer.alloc(8 + Math.ceil(actualBytes / 255), 0xff)
    data.writeUInt32LE(statedBytes, 0)
    data.set([0x1f, 0x00, 0x01, 0x00], 4)
    return Buffer.concat([data, Buffer.from([0x00, 0x50, 1, 2, 3, 4, 5])])
  }

  it('that says 1 MiB and holds 1 GiB is refused without taking memory', async () => {
    const data = longMatch(MIB, GIB)
    await expectNoGrowth(async () => {
      expect(await refusal(lz4, data, MIB)).toBe('protocol')
    })
  })

  it('that says 4 GiB is refused by its header', async () => {
    const data = longMatch(2 ** 32 - 1, MIB)
    await expectNoGrowth(async () => {
      expect(await refusal(lz4, data, MIB)).toBe('protocol')
    })
  })

  it('that says more than it holds is refused', async () => {
    const data = Buffer.from(await lz4.compress(new Uint8Array(1000)))
    data.writeUInt32LE(MIB, 0)
    expect(await refusal(lz4, data, MIB)).toBe('protocol')
  })
})
