const MAGIC = 0xfd2fb528
const MAGIC_BYTES = 4
const SINGLE_SEGMENT = 0x20
/** By the two lowest bits of the descriptor. */
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const
/** By the two highest bits of the descriptor; the first counts only without a single segment. */
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const
/** Sizes in two bytes start here, as one byte has the lower ones. */
const TWO_BYTE_SIZE_START = 256

/**
 * The decompressed size in bytes that the header of a Zstandard frame states (RFC 8878, section
 * 3.1.1.1); undefined where `data` is no such frame, is cut off in the header or states none.
 */
export function zstdFrameSize(data: Uint8Array): number | undefined {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  if (view.byteLength <= MAGIC_BYTES || view.getUint32(0, true) !== MAGIC) return undefined
  const descriptor = view.getUint8(MAGIC_BYTES)
  const isSingle = (descriptor & SINGLE_SEGMENT) !== 0
  const windowBytes = isSingle ? 0 : 1
  const dictionaryBytes = DICTIONARY_ID_BYTES[descriptor & 3] ?? 0
  const sizeBytes = CONTENT_SIZE_BYTES[descriptor >> 6] || (isSingle ? 1 : 0)
  const offset = MAGIC_BYTES + 1 + windowBytes + dictionaryBytes
  if (offset + sizeBytes > view.byteLength) return undefined
  return readSize(view, offset, sizeBytes)
}

function readSize(view: DataView, offset: number, sizeBytes: number): number | undefined {
  switch (sizeBytes) {
    case 1:
      return view.getUint8(offset)
    case 2:
      return view.getUint16(offset, true) + TWO_BYTE_SIZE_START
    case 4:
      return view.getUint32(offset, true)
    case 8:
      return Number(view.getBigUint64(offset, true))
    default:
      return undefined
  }
}
