import zlib from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { availableCodecs, sharedCodec } from '../../src/compression/available-codecs.ts'
import type { Codec, CodecName } from '../../src/compression/codec.ts'

const named = (name: CodecName): Codec => ({
  name,
  compress: async (block) => block,
  decompress: async (data) => data,
})

describe('the codecs of this process', () => {
  it('are lz4, and before it zstd where the runtime has it', async () => {
    const names = (await availableCodecs()).map(({ name }) => name)
    expect(names).toEqual('zstdCompress' in zlib ? ['zstd', 'lz4'] : ['lz4'])
  })

  it('are loaded once', async () => {
    expect(await availableCodecs()).toBe(await availableCodecs())
  })
})

describe('the codec of a transfer', () => {
  const own = [named('zstd'), named('lz4')]

  it('is the best that both sides have', () => {
    expect(sharedCodec(own, new Set(['lz4', 'zstd']))?.name).toBe('zstd')
    expect(sharedCodec(own, new Set(['lz4', 'brotli']))?.name).toBe('lz4')
  })

  it('is none where they have none in common, or one side wants none', () => {
    expect(sharedCodec(own, new Set(['brotli']))).toBeUndefined()
    expect(sharedCodec(own, new Set())).toBeUndefined()
    expect(sharedCodec([], new Set(['zstd']))).toBeUndefined()
  })
})
