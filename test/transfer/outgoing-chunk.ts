import { blockDigest } from '../../src/transfer/digests.ts'
import { OutgoingBlocks, type OutgoingChunk } from '../../src/transfer/outgoing-blocks.ts'
import type { TransferLane } from '../../src/transfer/ports.ts'

/** A chunk of `bytes`, the only one of its block. */
export function outgoingChunk(bytes = 10): OutgoingChunk {
  const blocks = new OutgoingBlocks(() => {})
  const place = { file: 0, block: 0, offset: 0, length: bytes }
  const data = new Uint8Array(bytes)
  blocks.begin(place)
  blocks.read(place, { data, encoding: 'plain', digest: blockDigest(data) })
  const chunk = blocks.next(bytes, 2 * bytes + 100)
  if (chunk === undefined) throw new Error('no chunk')
  return chunk
}

/** A lane that swallows everything. */
export function blindLane(
  number: number,
  transport: TransferLane['transport'],
  path: TransferLane['path'] = 'direct',
): TransferLane {
  return {
    number,
    transport,
    path,
    maxPayloadBytes: 256 * 1024,
    send: () => {},
    listen: () => {},
    abandon: () => {},
  }
}
