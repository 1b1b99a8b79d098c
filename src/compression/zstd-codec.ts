import zlib from 'node:zlib'
import { assertBlockSize, type Codec, unreadableBlock } from './codec.ts'
import { zstdFrameSize } from './zstd-frame-size.ts'

/** Higher levels take more time than they save on a line worth the name. */
const LEVEL = 1
/** The smallest buffer that zlib takes for its output. */
const MIN_OUTPUT_BYTES = 64

interface ZstdOptions {
  /** How much output is allocated at a time. */
  chunkSize: number
  maxOutputLength?: number
  /** Makes the size part of the frame's header. */
  pledgedSrcSize?: number
  params?: Record<number, number>
}

type ZstdFunction = (
  data: Uint8Array,
  options: ZstdOptions,
  callback: (error: Error | null, result: Uint8Array) => void,
) => void

/** What Node's zlib has from 22.15 on. */
interface ZstdModule {
  zstdCompress: ZstdFunction
  zstdDecompress: ZstdFunction
  constants: { ZSTD_c_compressionLevel: number }
}

/**
 * Zstandard (RFC 8878), one frame with its content size a block; undefined where `module`, Node's
 * zlib, has none.
 */
export function zstdCodec(module: object = zlib): Codec | undefined {
  if (!hasZstd(module)) return undefined
  return {
    name: 'zstd',
    compress: (block) => compress(module, block),
    decompress: (data, bytes) => decompress(module, data, bytes),
  }
}

function hasZstd(module: object): module is ZstdModule {
  return 'zstdCompress' in module && typeof module.zstdCompress === 'function'
}

function compress(module: ZstdModule, block: Uint8Array): Promise<Uint8Array> {
  return called(module.zstdCompress, block, {
    chunkSize: Math.max(block.length, MIN_OUTPUT_BYTES),
    pledgedSrcSize: block.length,
    params: { [module.constants.ZSTD_c_compressionLevel]: LEVEL },
  })
}

async function decompress(
  module: ZstdModule,
  data: Uint8Array,
  bytes: number,
): Promise<Uint8Array> {
  assertBlockSize(bytes)
  if (zstdFrameSize(data) !== bytes) throw unreadableBlock()
  const block = await called(module.zstdDecompress, data, {
    // More room than is needed, so that a full buffer does not have a second one allocated, and
    // a whole frame is decompressed in one go.
    chunkSize: bytes + MIN_OUTPUT_BYTES,
    maxOutputLength: bytes,
  }).catch((thrown: unknown) => {
    throw unreadableBlock(thrown)
  })
  if (block.length !== bytes) throw unreadableBlock()
  return block
}

function called(run: ZstdFunction, data: Uint8Array, options: ZstdOptions): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    run(data, options, (error, result) => (error ? reject(error) : resolve(result)))
  })
}
