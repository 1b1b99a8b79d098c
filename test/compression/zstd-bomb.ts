const RLE_BLOCK = 1
const MAX_RLE_BYTES = 128 * 1024

/**
 * A Zstandard frame (RFC 8878) that states `statedBytes` and decompresses to `actualBytes` zeros,
 * in 32 KiB for a gibibyte.
 */
export function zstdBomb(statedBytes: number, actualBytes: number): Uint8Array {
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0])
  header.writeUInt32LE(statedBytes, 5)
  const count = Math.ceil(actualBytes / MAX_RLE_BYTES)
  const blocks = Buffer.alloc(4 * count)
  for (let block = 0; block < count; block += 1) {
    const isLast = block === count - 1 ? 1 : 0
    const bytes = isLast ? actualBytes - block * MAX_RLE_BYTES : MAX_RLE_BYTES
    blocks.writeUIntLE((bytes << 3) | (RLE_BLOCK << 1) | isLast, 4 * block, 3)
  }
  return Buffer.concat([header, blocks])
}
