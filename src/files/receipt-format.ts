import * as v from 'valibot'
import { BLOCK_BYTES } from '../limits.ts'

/**
 * The lines of a receipt (RECEIPT.md): the first one, one for each file, the last one. Joined by
 * commas as they are here they make one JSON document.
 */
export const RECEIPT_START = {
  p2pshare: 'receipt/1',
  digests: `sha256 over the sha256 of every ${BLOCK_BYTES} bytes`,
  blockBytes: BLOCK_BYTES,
} as const

const DigestSchema = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))
const CountSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

export const ReceiptStartSchema = v.object({
  p2pshare: v.literal(RECEIPT_START.p2pshare),
  blockBytes: v.literal(RECEIPT_START.blockBytes),
})

export const ReceiptFileSchema = v.strictObject({
  path: v.string(),
  bytes: CountSchema,
  sha256: DigestSchema,
})

/** A file as it was transferred; `path` is that of the transfer, `sha256` in lower-case hex. */
export type ReceiptFile = v.InferOutput<typeof ReceiptFileSchema>

export const ReceiptEndSchema = v.object({
  totals: v.object({ files: CountSchema, bytes: CountSchema }),
  digest: DigestSchema,
})

export type ReceiptEnd = v.InferOutput<typeof ReceiptEndSchema>

/** What stands around the lines of the files. */
export const FILES_OPEN = ',"files":['
export const FILES_CLOSE = '],'
