import * as v from 'valibot'
import { ShareError } from '../errors.ts'
import { printable } from '../printable.ts'
import {
  FILES_CLOSE,
  FILES_OPEN,
  type ReceiptEnd,
  ReceiptEndSchema,
  type ReceiptFile,
  ReceiptFileSchema,
  ReceiptStartSchema,
} from './receipt-format.ts'
import { notAReceipt, readReceiptLines } from './receipt-lines.ts'
import { assertSafeName } from './safe-name.ts'

/**
 * The files of the receipt at `path`, one at a time, and in the end what it says of them all. It
 * may come from anywhere: each path leads to a place below the directory that it is applied to.
 * Throws `unsafe-name`, `file-failed` where it is malformed or cut off, and as `readReceiptLines`.
 */
export async function* readReceipt(
  path: string,
  signal: AbortSignal,
): AsyncGenerator<ReceiptFile, ReceiptEnd | undefined> {
  let number = 0
  let end: ReceiptEnd | undefined
  const listed = { files: 0, bytes: 0 }
  const parse = <Output>(json: string, schema: v.GenericSchema<unknown, Output>): Output => {
    try {
      return v.parse(schema, JSON.parse(json))
    } catch (thrown) {
      throw notAReceipt(path, `line ${number} makes no sense`, thrown)
    }
  }
  for await (const line of readReceiptLines(path, signal)) {
    number += 1
    if (end !== undefined) throw notAReceipt(path, 'something follows its end')
    if (number === 1) {
      if (!line.endsWith(FILES_OPEN)) throw notAReceipt(path, 'it does not begin like one')
      parse(`${line.slice(0, -FILES_OPEN.length)}}`, ReceiptStartSchema)
    } else if (line.startsWith(FILES_CLOSE)) {
      end = parse(`{${line.slice(FILES_CLOSE.length)}`, ReceiptEndSchema)
    } else {
      const file = parse(line.replace(/,$/, ''), ReceiptFileSchema)
      assertSafePath(file.path)
      listed.files += 1
      listed.bytes += file.bytes
      yield file
    }
  }
  if (end === undefined) throw notAReceipt(path, 'its end is missing')
  const { files, bytes } = end.totals
  if (files === listed.files && bytes === listed.bytes) return end
  throw notAReceipt(path, 'its files do not come to its totals')
}

function assertSafePath(path: string): void {
  try {
    for (const name of path.split('/')) assertSafeName(name)
  } catch (cause) {
    throw new ShareError('unsafe-name', `The receipt names "${printable(path)}", which is unsafe`, {
      hint: 'Use only receipts that p2pshare wrote.',
      cause,
    })
  }
}
