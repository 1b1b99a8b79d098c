import { BLOCK_BYTES } from '../../src/limits.ts'
import { blockDigest, packDigest } from '../../src/transfer/digests.ts'
import { type Chunk, type Entry, type Frame, PACK } from '../../src/transfer/frame.ts'
import type { WholeBlock } from '../../src/transfer/incoming-blocks.ts'
import { type ReceiveEffect, ReceiveMachine } from '../../src/transfer/receive-machine.ts'
import { TransferDigest } from '../../src/transfer/transfer-digest.ts'

type Manifest = Extract<Frame, { type: 'manifest' }>
type Effect<Type extends ReceiveEffect['type']> = Extract<ReceiveEffect, { type: Type }>

export function fileEntry(bytes: number | null, path = 'file.bin'): Entry {
  return { path, kind: 'file', bytes, mode: 0o644, modifiedMs: 0 }
}

export function directoryEntry(path = 'directory'): Entry {
  return { path, kind: 'directory', bytes: 0, mode: 0o755, modifiedMs: 0 }
}

/** Files of these sizes, or directories in the place of 'd'. */
export function entriesOf(...sizes: (number | null | 'd')[]): Entry[] {
  return sizes.map((bytes, at) =>
    bytes === 'd' ? directoryEntry(`${at}`) : fileEntry(bytes, `${at}`),
  )
}

export function manifestOf(entries: Entry[], first = 0, isLast = true): Manifest {
  return { type: 'manifest', first, entries, isLast }
}

export const offerFrame = (isCounted = true): Extract<Frame, { type: 'offer' }> => ({
  type: 'offer',
  name: 'some',
  kind: 'several',
  files: 1e6,
  bytes: 2 ** 50,
  isCounted,
  blockBytes: BLOCK_BYTES,
})

/** A machine that has accepted an offer, and `compares` if told so. */
export function acceptedBefore({ compares = false, isCounted = true } = {}): ReceiveMachine {
  const machine = new ReceiveMachine()
  machine.receive(offerFrame(isCounted))
  machine.accept(compares)
  return machine
}

/** Gives `machine` a manifest, and answers that all of it is taken in. */
export function takeIn(machine: ReceiveMachine, manifest: Manifest): ReceiveEffect[] {
  return machine
    .receive(manifest)
    .flatMap((effect) =>
      effect.type === 'list' ? machine.taken(effect.first, effect.entries) : [effect],
    )
}

/** A machine that has taken in files of these sizes, which are all there are. */
export function accepted(...sizes: (number | null | 'd')[]): ReceiveMachine {
  const machine = acceptedBefore()
  takeIn(machine, manifestOf(entriesOf(...sizes)))
  return machine
}

/** A chunk of a block of `wireBytes`; ten zeros from its beginning unless told otherwise. */
export function chunk(part: Partial<Chunk>, wireBytes = 100): { type: 'chunk' } & Chunk {
  return {
    type: 'chunk',
    file: 0,
    block: 0,
    encoding: 'plain',
    wireBytes,
    offset: 0,
    data: new Uint8Array(10),
    ...part,
  }
}

/** A whole block in one chunk. */
export function wholeBlock(data: Uint8Array, block = 0, file = 0) {
  return chunk({ file, block, data, digest: blockDigest(data) }, data.length)
}

/** A pack of these files' contents in one chunk, over `span` entries from `file` on. */
export function packOf(contents: Uint8Array[], file = 0, span = contents.length) {
  const digest = packDigest(contents.map((content) => blockDigest(content)))
  const data = Buffer.concat(contents)
  return chunk({ file, block: PACK + span, data, digest }, data.length)
}

/** The one effect of this type. */
export function only<Type extends ReceiveEffect['type']>(
  effects: readonly ReceiveEffect[],
  type: Type,
): Effect<Type> {
  const found = effects.filter((effect): effect is Effect<Type> => effect.type === type)
  const [first] = found
  if (first === undefined || found.length > 1) throw new Error(`${found.length} of ${type}`)
  return first
}

/** The block that `machine` asks to write because of `frame`. */
export function written(machine: ReceiveMachine, frame: Frame): WholeBlock {
  return only(machine.receive(frame), 'write').block
}

/** Writes a block and finishes the files that are whole by that. */
export function saveBlock(machine: ReceiveMachine, frame: Chunk & { type: 'chunk' }) {
  const block = written(machine, frame)
  if (block.pack === undefined) return finishAll(machine, machine.blockWritten(block))
  let at = 0
  const digests = block.pack.map(({ length }) => {
    at += length
    return blockDigest(frame.data.subarray(at - length, at))
  })
  return machine.packWritten(block, digests)
}

/** Answers each `finish` of `effects`; gives what comes of that too. */
export function finishAll(machine: ReceiveMachine, effects: ReceiveEffect[]): ReceiveEffect[] {
  const more = effects.flatMap((effect) =>
    effect.type === 'finish' ? machine.finished(effect.file) : [],
  )
  return [...effects, ...more]
}

/** What a sender says in the end of one file `0` that has these blocks. */
export function doneOf(...blocks: Uint8Array[]): Extract<Frame, { type: 'done' }> {
  const digest = blockDigest(...blocks.map((block) => blockDigest(block)))
  const bytes = blocks.reduce((sum, { length }) => sum + length, 0)
  const all = new TransferDigest()
  all.add(0, { path: '0', kind: 'file', bytes, digest })
  return { type: 'done', files: 1, bytes, digest: all.result() }
}

/** What `effects` tell the sender to be taken in. */
export function checkedOf(effects: readonly ReceiveEffect[]): number[] {
  return effects.flatMap((effect) =>
    effect.type === 'send' && effect.frame.type === 'checked' ? [effect.frame.through] : [],
  )
}
