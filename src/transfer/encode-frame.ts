import { MAX_CONTROL_BYTES } from '../limits.ts'
import { type BlockId, DIGEST_BYTES, ENCODINGS, type Frame, FrameType } from './frame.ts'

/** Type, flags, file, block, wire bytes and offset of a chunk, before its digest and data. */
export const CHUNK_HEADER_BYTES = 18
export const CHUNK_HAS_DIGEST = 0x01
/** The encoding's index stands in the flags from this bit on. */
export const CHUNK_ENCODING_SHIFT = 1

/**
 * A frame as the parts of one lane payload, in order; a chunk's data is not copied.
 * Throws TypeError for a frame that breaks the protocol's bounds.
 */
export function encodeFrame(frame: Frame): Uint8Array[] {
  switch (frame.type) {
    case 'chunk':
      return encodeChunk(frame)
    case 'ack':
    case 'keep':
      return [words(FrameType[frame.type], frame.blocks.flatMap(wordsOf))]
    case 'skip':
      return [words(FrameType.skip, frame.files)]
    case 'have':
      return [words(FrameType.have, [frame.file, frame.first]), frame.digests]
    case 'checked':
      return [numbers(FrameType.checked, frame.through)]
    case 'received':
      return [numbers(FrameType.received, frame.frames)]
    case 'end':
      return [numbers(FrameType.end, frame.file, frame.bytes)]
    case 'total':
      return [numbers(FrameType.total, frame.files, frame.bytes)]
    case 'done':
      return [numbers(FrameType.done, frame.files, frame.bytes), digestOf(frame)]
    case 'saved':
      return [Uint8Array.of(FrameType.saved), digestOf(frame)]
    default:
      return encodeControl(frame)
  }
}

function encodeChunk(chunk: Extract<Frame, { type: 'chunk' }>): Uint8Array[] {
  const header = new Uint8Array(CHUNK_HEADER_BYTES)
  const view = new DataView(header.buffer)
  view.setUint8(0, FrameType.chunk)
  const encoding = ENCODINGS.indexOf(chunk.encoding) << CHUNK_ENCODING_SHIFT
  view.setUint8(1, encoding | (chunk.digest ? CHUNK_HAS_DIGEST : 0))
  view.setUint32(2, chunk.file)
  view.setUint32(6, chunk.block)
  view.setUint32(10, chunk.wireBytes)
  view.setUint32(14, chunk.offset)
  return chunk.digest ? [header, digestOf(chunk), chunk.data] : [header, chunk.data]
}

type Control = Extract<Frame, { type: 'offer' | 'accept' | 'decline' | 'manifest' | 'abort' }>

function encodeControl({ type, ...body }: Control): Uint8Array[] {
  const json = new TextEncoder().encode(JSON.stringify(body))
  if (json.length > MAX_CONTROL_BYTES) throw new TypeError(`a ${type} frame is too large`)
  return [Uint8Array.of(FrameType[type]), json]
}

function wordsOf({ file, block }: BlockId): number[] {
  return [file, block]
}

/** A type byte followed by unsigned 32-bit numbers. */
function words(type: number, values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(1 + 4 * values.length)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, type)
  values.forEach((value, index) => {
    view.setUint32(1 + 4 * index, value)
  })
  return bytes
}

/** A type byte followed by unsigned 64-bit numbers. */
function numbers(type: number, ...values: number[]): Uint8Array {
  const bytes = new Uint8Array(1 + 8 * values.length)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, type)
  values.forEach((value, index) => {
    view.setBigUint64(1 + 8 * index, BigInt(value))
  })
  return bytes
}

function digestOf({ digest }: { digest?: Uint8Array }): Uint8Array {
  if (digest?.length !== DIGEST_BYTES) throw new TypeError('a digest has 32 bytes')
  return digest
}
