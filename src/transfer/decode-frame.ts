import * as v from 'valibot'
import { isErrorCode, ShareError } from '../errors.ts'
import { BLOCK_BYTES, MAX_CONTROL_BYTES, MAX_FILE_BYTES, MAX_WINDOW_BYTES } from '../limits.ts'
import { CHUNK_ENCODING_SHIFT, CHUNK_HAS_DIGEST, CHUNK_HEADER_BYTES } from './encode-frame.ts'
import { DIGEST_BYTES, ENCODINGS, type Frame, FrameType } from './frame.ts'

/** Longer than any name that a file system takes; the names themselves are checked by `files`. */
const MAX_PATH_LENGTH = 4096
const MAX_MANIFEST_ENTRIES = 256

const size = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(MAX_FILE_BYTES))
const name = v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_PATH_LENGTH))
const errorCode = v.pipe(
  v.string(),
  v.maxLength(32),
  // A later version may know more ways to fail than this one.
  v.transform((code) => (isErrorCode(code) ? code : 'cancelled')),
)

const offerSchema = v.object({
  name,
  files: v.pipe(size, v.minValue(1)),
  bytes: size,
  blockBytes: v.pipe(size, v.minValue(1), v.maxValue(BLOCK_BYTES)),
})
const acceptSchema = v.object({
  windowBytes: v.pipe(size, v.minValue(BLOCK_BYTES), v.maxValue(MAX_WINDOW_BYTES)),
})
const declineSchema = v.object({ code: errorCode })
const manifestSchema = v.object({
  first: size,
  entries: v.pipe(
    v.array(
      v.object({
        path: name,
        bytes: size,
        mode: v.pipe(size, v.maxValue(0o7777)),
        modifiedMs: v.pipe(v.number(), v.finite()),
      }),
    ),
    v.maxLength(MAX_MANIFEST_ENTRIES),
  ),
})

/**
 * The frame in one lane payload, which came from the other side. Chunk data and digests are views
 * of `payload`. Throws `protocol` for anything that version 2 does not know.
 */
export function decodeFrame(payload: Uint8Array): Frame {
  switch (payload[0]) {
    case FrameType.chunk:
      return decodeChunk(payload)
    case FrameType.ack: {
      const view = exactly(payload, 17)
      return { type: 'ack', file: numberAt(payload, 0, view), block: numberAt(payload, 1, view) }
    }
    case FrameType.file: {
      const view = exactly(payload, 17 + DIGEST_BYTES)
      return {
        type: 'file',
        file: numberAt(payload, 0, view),
        bytes: numberAt(payload, 1, view),
        digest: payload.subarray(17),
      }
    }
    case FrameType.done: {
      const view = exactly(payload, 17 + DIGEST_BYTES)
      return {
        type: 'done',
        files: numberAt(payload, 0, view),
        bytes: numberAt(payload, 1, view),
        digest: payload.subarray(17),
      }
    }
    case FrameType.saved:
      exactly(payload, 1 + DIGEST_BYTES)
      return { type: 'saved', digest: payload.subarray(1) }
    case FrameType.offer:
      return { type: 'offer', ...control(payload, offerSchema) }
    case FrameType.accept:
      return { type: 'accept', ...control(payload, acceptSchema) }
    case FrameType.decline:
      return { type: 'decline', ...control(payload, declineSchema) }
    case FrameType.manifest:
      return { type: 'manifest', ...control(payload, manifestSchema) }
    case FrameType.abort:
      return { type: 'abort', ...control(payload, declineSchema) }
    default:
      throw malformed()
  }
}

function decodeChunk(payload: Uint8Array): Frame {
  if (payload.length < CHUNK_HEADER_BYTES) throw malformed()
  const view = viewOf(payload)
  const flags = view.getUint8(1)
  const encoding = ENCODINGS[flags >> CHUNK_ENCODING_SHIFT]
  if (encoding === undefined) throw malformed()
  const dataAt = CHUNK_HEADER_BYTES + (flags & CHUNK_HAS_DIGEST ? DIGEST_BYTES : 0)
  if (payload.length < dataAt) throw malformed()
  return {
    type: 'chunk',
    file: view.getUint32(2),
    block: view.getUint32(6),
    encoding,
    wireBytes: view.getUint32(10),
    offset: view.getUint32(14),
    data: payload.subarray(dataAt),
    ...(dataAt > CHUNK_HEADER_BYTES && { digest: payload.subarray(CHUNK_HEADER_BYTES, dataAt) }),
  }
}

function control<Schema extends v.GenericSchema>(
  payload: Uint8Array,
  schema: Schema,
): v.InferOutput<Schema> {
  if (payload.length > 1 + MAX_CONTROL_BYTES) throw malformed()
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload.subarray(1)))
  } catch {
    throw malformed()
  }
  const parsed = v.safeParse(schema, json)
  if (!parsed.success) throw malformed()
  return parsed.output
}

function exactly(payload: Uint8Array, bytes: number): DataView {
  if (payload.length !== bytes) throw malformed()
  return viewOf(payload)
}

function numberAt(payload: Uint8Array, index: number, view = viewOf(payload)): number {
  const value = view.getBigUint64(1 + 8 * index)
  if (value > BigInt(MAX_FILE_BYTES)) throw malformed()
  return Number(value)
}

function viewOf(payload: Uint8Array): DataView {
  return new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
}

function malformed(): ShareError {
  return new ShareError('protocol', 'The other side sent something that makes no sense')
}
