import * as v from 'valibot'
import { isErrorCode, ShareError } from '../errors.ts'
import {
  BLOCK_BYTES,
  MAX_CONTROL_BYTES,
  MAX_FILE_BYTES,
  MAX_HAVE_DIGESTS,
  MAX_LISTED_BLOCKS,
  MAX_MANIFEST_ENTRIES,
  MAX_WINDOW_BYTES,
  MIN_BLOCK_BYTES,
  MIN_LIMIT_BYTES_PER_SECOND,
} from '../limits.ts'
import { CHUNK_ENCODING_SHIFT, CHUNK_HAS_DIGEST, CHUNK_HEADER_BYTES } from './encode-frame.ts'
import {
  type BlockId,
  DIGEST_BYTES,
  ENCODINGS,
  type Frame,
  FrameType,
  OFFER_KINDS,
} from './frame.ts'

/** Longer than any path that a file system takes; the names themselves are checked by `files`. */
const MAX_PATH_LENGTH = 4096

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
  kind: v.picklist(OFFER_KINDS),
  files: size,
  bytes: size,
  isCounted: v.boolean(),
  blockBytes: v.pipe(size, v.minValue(MIN_BLOCK_BYTES), v.maxValue(BLOCK_BYTES)),
})
const acceptSchema = v.object({
  windowBytes: v.pipe(size, v.minValue(BLOCK_BYTES), v.maxValue(MAX_WINDOW_BYTES)),
  compares: v.boolean(),
  bytesPerSecond: v.exactOptional(v.pipe(size, v.minValue(MIN_LIMIT_BYTES_PER_SECOND))),
})
const declineSchema = v.object({ code: errorCode })
const entryFields = {
  path: name,
  mode: v.pipe(size, v.maxValue(0o7777)),
  modifiedMs: v.pipe(v.number(), v.finite()),
}
const manifestSchema = v.object({
  first: size,
  entries: v.pipe(
    v.array(
      v.variant('kind', [
        v.object({ kind: v.literal('file'), bytes: v.nullable(size), ...entryFields }),
        v.object({ kind: v.literal('directory'), bytes: v.literal(0), ...entryFields }),
      ]),
    ),
    v.maxLength(MAX_MANIFEST_ENTRIES),
  ),
  isLast: v.boolean(),
})

/**
 * The frame in one lane payload, which came from the other side. Chunk data and digests are views
 * of `payload`. Throws `protocol` for anything that version 3 does not know.
 */
export function decodeFrame(payload: Uint8Array): Frame {
  switch (payload[0]) {
    case FrameType.chunk:
      return decodeChunk(payload)
    case FrameType.ack:
      return { type: 'ack', blocks: blocksIn(payload) }
    case FrameType.keep:
      return { type: 'keep', blocks: blocksIn(payload) }
    case FrameType.skip:
      return { type: 'skip', files: wordsIn(payload, MAX_LISTED_BLOCKS) }
    case FrameType.have:
      return decodeHave(payload)
    case FrameType.checked:
      return { type: 'checked', through: numberAt(exactly(payload, 9), 0) }
    case FrameType.received:
      return { type: 'received', frames: numberAt(exactly(payload, 9), 0) }
    case FrameType.end: {
      const view = exactly(payload, 17)
      return { type: 'end', file: numberAt(view, 0), bytes: numberAt(view, 1) }
    }
    case FrameType.total: {
      const view = exactly(payload, 17)
      return { type: 'total', files: numberAt(view, 0), bytes: numberAt(view, 1) }
    }
    case FrameType.done: {
      const view = exactly(payload, 17 + DIGEST_BYTES)
      const [files, bytes] = [numberAt(view, 0), numberAt(view, 1)]
      return { type: 'done', files, bytes, digest: payload.subarray(17) }
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

function decodeHave(payload: Uint8Array): Frame {
  const digests = payload.subarray(9)
  const count = digests.length / DIGEST_BYTES
  if (!Number.isInteger(count) || count < 1 || count > MAX_HAVE_DIGESTS) throw malformed()
  const view = viewOf(payload)
  return { type: 'have', file: view.getUint32(1), first: view.getUint32(5), digests }
}

function blocksIn(payload: Uint8Array): BlockId[] {
  const numbers = wordsIn(payload, 2 * MAX_LISTED_BLOCKS)
  if (numbers.length % 2 !== 0) throw malformed()
  const blocks: BlockId[] = []
  for (let at = 0; at < numbers.length; at += 2) {
    blocks.push({ file: numbers[at] ?? 0, block: numbers[at + 1] ?? 0 })
  }
  return blocks
}

function wordsIn(payload: Uint8Array, max: number): number[] {
  const count = (payload.length - 1) / 4
  if (!Number.isInteger(count) || count < 1 || count > max) throw malformed()
  const view = viewOf(payload)
  return Array.from({ length: count }, (_, index) => view.getUint32(1 + 4 * index))
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

function numberAt(view: DataView, index: number): number {
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
