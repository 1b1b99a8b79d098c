import { describe, expect, it } from 'vitest'
import { BlockCompressor } from '../../src/compression/block-compressor.ts'
import type { Codec } from '../../src/compression/codec.ts'
import { CompressionPolicy } from '../../src/compression/compression-policy.ts'
import { loadLz4Codec } from '../../src/compression/lz4-codec.ts'
import { MIB, MIN_COMPRESSED_BLOCK_BYTES } from '../../src/limits.ts'
import { logLines, noise } from './contents.ts'

const lz4 = await loadLz4Codec()

function compressorWith(codec: Codec) {
  let nowMs = 0
  const now = () => {
    nowMs += 1
    return nowMs
  }
  const policy = new CompressionPolicy({ parallelBlocks: 2, now })
  return { policy, compressor: new BlockCompressor({ codec, policy, now }) }
}

/** Makes every block so long, whatever is in it. */
function fixedCodec(share: number): Codec & { calls: number } {
  const codec = {
    name: 'lz4' as const,
    calls: 0,
    async compress(block: Uint8Array) {
      codec.calls += 1
      return new Uint8Array(Math.round(block.length * share))
    },
    decompress: async (data: Uint8Array) => data,
  }
  return codec
}

describe('a block compressor', () => {
  it('gives text compressed, such that it can be read again', async () => {
    if (lz4 === undefined) return expect.fail('no lz4')
    const { compressor } = compressorWith(lz4)
    const block = logLines(MIB)
    const data = await compressor.compress(block)
    if (data === undefined) return expect.fail('went plain')
    expect(data.length).toBeLessThan(block.length / 2)
    expect(Buffer.compare(await lz4.decompress(data, block.length), block)).toBe(0)
  })

  it('leaves noise alone, without trying it more than now and then', async () => {
    const codec = fixedCodec(1)
    const { compressor } = compressorWith(codec)
    const block = noise(MIB)
    for (let index = 0; index < 300; index += 1) {
      expect(await compressor.compress(block)).toBeUndefined()
    }
    expect(codec.calls).toBeGreaterThan(0)
    expect(codec.calls).toBeLessThan(5)
  })

  it('gives nothing where a tenth or less is gained', async () => {
    const { compressor } = compressorWith(fixedCodec(0.95))
    expect(await compressor.compress(logLines(MIB))).toBeUndefined()
  })

  it('leaves the smallest blocks alone', async () => {
    const codec = fixedCodec(0.1)
    const { compressor } = compressorWith(codec)
    const block = new Uint8Array(MIN_COMPRESSED_BLOCK_BYTES)
    expect(await compressor.compress(block.subarray(1))).toBeUndefined()
    expect(codec.calls).toBe(0)
    expect(await compressor.compress(block)).toHaveLength(Math.round(block.length * 0.1))
  })

  it('tells the policy what came out: after a disappointment the next block goes plain', async () => {
    const codec = fixedCodec(1)
    const { compressor } = compressorWith(codec)
    await compressor.compress(logLines(MIB))
    await compressor.compress(logLines(MIB))
    expect(codec.calls).toBe(1)
  })

  it('passes on what the codec throws', async () => {
    const codec: Codec = {
      ...fixedCodec(1),
      compress: () => Promise.reject(new Error('out of memory')),
    }
    const { compressor } = compressorWith(codec)
    await expect(compressor.compress(logLines(MIB))).rejects.toThrow('out of memory')
  })
})
