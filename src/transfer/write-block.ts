import { ShareError } from '../errors.ts'
import { blockDigest, packDigest } from './digests.ts'
import type { WholeBlock } from './incoming-blocks.ts'
import type { Decoder, Sink } from './ports.ts'
import type { PackPart } from './transfer-plan.ts'

/**
 * Decodes a block, compares it with its digest, and writes it. Of a pack it finishes the files too,
 * and gives their digests, in order. Throws `integrity` for a wrong digest, `protocol` for what cannot
 * be decoded, and what the sink throws.
 */
export async function writeBlock(
  block: WholeBlock,
  sink: Sink,
  decoder: Decoder | undefined,
): Promise<Uint8Array[] | undefined> {
  const parts = await decoded(block, decoder)
  if (block.pack) return writePack(block, block.pack, parts, sink)
  assertSame(blockDigest(...parts), block.digest)
  await sink.write(block.file, block.offset, parts)
  return undefined
}

async function writePack(
  block: WholeBlock,
  pack: readonly PackPart[],
  parts: readonly Uint8Array[],
  sink: Sink,
): Promise<Uint8Array[]> {
  const [only] = parts
  const data = only && parts.length === 1 ? only : Buffer.concat(parts)
  let end = 0
  const files = pack.map(({ file, length }) => {
    end += length
    return { file, content: data.subarray(end - length, end) }
  })
  const digests = files.map(({ content }) => blockDigest(content))
  assertSame(packDigest(digests), block.digest)
  await sink.writeWhole(files)
  return digests
}

async function decoded(
  { encoding, parts, length }: WholeBlock,
  decoder: Decoder | undefined,
): Promise<readonly Uint8Array[]> {
  if (encoding === 'plain') return parts
  if (decoder === undefined) {
    throw new ShareError('protocol', 'The sender compressed what it was not to compress')
  }
  return [await decoder.decode(encoding, Buffer.concat(parts), length)]
}

function assertSame(digest: Uint8Array, announced: Uint8Array): void {
  if (Buffer.compare(digest, announced) === 0) return
  throw new ShareError('integrity', 'A block arrived damaged')
}
