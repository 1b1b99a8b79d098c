import { assertBlockSize, type Codec, unreadableBlock } from './codec.ts'

type Lz4 = Pick<typeof import('lz4-napi'), 'compress' | 'uncompressSync'>

/** The decompressed size, 32 bits in little endian, stands before the compressed data. */
const SIZE_BYTES = 4

/**
 * LZ4 blocks (the LZ4 block format, lz4.org), each after its decompressed size; undefined where
 * the native library is not installed or not made for this platform.
 */
export async function loadLz4Codec(
  load: () => Promise<Lz4> = () => import('lz4-napi'),
): Promise<Codec | undefined> {
  const lz4 = await load().catch(() => undefined)
  if (lz4 === undefined) return undefined
  return {
    name: 'lz4',
    compress: (block) => lz4.compress(block),
    decompress: (data, bytes) => decompress(lz4, data, bytes),
  }
}

async function decompress(lz4: Lz4, data: Uint8Array, bytes: number): Promise<Uint8Array> {
  assertBlockSize(bytes)
  if (statedSize(data) !== bytes) throw unreadableBlock()
  const block = uncompressed(lz4, data)
  if (block.length !== bytes) throw unreadableBlock()
  return block
}

/**
 * On this thread: a block takes a third of a millisecond, and the library's own threads keep
 * hundreds of megabytes of what they once gave.
 */
function uncompressed(lz4: Lz4, data: Uint8Array): Uint8Array {
  try {
    return lz4.uncompressSync(data)
  } catch (thrown) {
    throw unreadableBlock(thrown)
  }
}

function statedSize(data: Uint8Array): number | undefined {
  if (data.length <= SIZE_BYTES) return undefined
  return new DataView(data.buffer, data.byteOffset, SIZE_BYTES).getUint32(0, true)
}
