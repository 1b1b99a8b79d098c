import type { ShareError } from '../../src/errors.ts'
import type { TransferEvent } from '../../src/events.ts'
import { BLOCK_BYTES } from '../../src/limits.ts'
import type { Entry, Offer } from '../../src/transfer/frame.ts'
import type { Sink, Source } from '../../src/transfer/ports.ts'
import { RateLimit } from '../../src/transfer/rate-limit.ts'
import { Receiver } from '../../src/transfer/receiver.ts'
import { Sender } from '../../src/transfer/sender.ts'
import { MemoryLanes, type MemoryLanesInit } from './memory-lanes.ts'
import { MemorySink, MemorySource, type MemoryTree } from './memory-tree.ts'

export interface MemoryTransferInit extends MemoryLanesInit {
  /** Of one file; or else `tree`. */
  content?: Uint8Array
  tree?: MemoryTree
  /** What is at the receiver already. */
  there?: MemoryTree
  /** Whether the lengths of the files are not known before their ends. */
  isPipe?: boolean
  /** Whether the offer says how much there is. */
  isCounted?: boolean
  blockBytes?: number
  /** How many lanes to use; as many as help when absent. */
  fixedLanes?: number
  /** What each side wants the transfer to stay below, in bytes a second. */
  limits?: { sender?: number; receiver?: number }
  accept?: (offer: Offer) => Promise<void>
  source?: Partial<Source>
  sink?: Partial<Sink>
  /** How long it takes to write a block, in milliseconds. */
  writeMs?: number
  /** Called when a side has lost the connection; without it, that ends the transfer. */
  onLost?: (who: 'sender' | 'receiver', error: ShareError) => void
}

export interface MemoryTransfer {
  sender: Sender
  receiver: Receiver
  lanes: MemoryLanes
  source: MemorySource
  sink: MemorySink
  /** What is saved of the one file. */
  readonly saved: Uint8Array
  readonly published: boolean
  events: { sender: TransferEvent[]; receiver: TransferEvent[] }
  start(): void
  /** Ends the first lane on both sides. */
  cut(error?: ShareError): void
  /** Goes on over new lanes; a receiver that `isDone` has nothing left but to say so. */
  reconnect(isDone?: boolean): MemoryLanes
}

const NAME = 'file.bin'

export function offerOf(content: Uint8Array): { offer: Offer; entries: Entry[] } {
  const bytes = content.length
  return {
    offer: {
      name: NAME,
      kind: 'file',
      files: 1,
      bytes,
      isCounted: true,
      blockBytes: BLOCK_BYTES,
    },
    entries: [{ path: NAME, kind: 'file', bytes, mode: 0o644, modifiedMs: 0 }],
  }
}

/** A whole transfer in memory: two drivers, and lanes that deliver in order each. */
export function memoryTransfer(init: MemoryTransferInit): MemoryTransfer {
  const events = { sender: [] as TransferEvent[], receiver: [] as TransferEvent[] }
  const lanes = new MemoryLanes(init)
  const tree = init.tree ?? { [NAME]: init.content ?? new Uint8Array(0) }
  const source = new MemorySource(tree, init.isPipe)
  const sink = new MemorySink(init.there, init.writeMs)
  const { isCounted = true, blockBytes = BLOCK_BYTES, limits = {} } = init
  const { files, bytes } = source.totals
  const offer: Offer = {
    name: NAME,
    kind: init.tree ? 'several' : 'file',
    files: isCounted ? files : 0,
    bytes: isCounted ? bytes : 0,
    isCounted,
    blockBytes,
  }
  const lost = (who: 'sender' | 'receiver') =>
    init.onLost && ((error: ShareError) => init.onLost?.(who, error))
  const transfer: MemoryTransfer = {
    sender: new Sender({
      offer,
      ...(!isCounted && { totals: Promise.resolve({ files, bytes }) }),
      source: overridden(source, init.source),
      lanes: init.fixedLanes,
      limit: limits.sender === undefined ? undefined : new RateLimit(limits.sender),
      onLost: lost('sender'),
      onEvent: (event) => events.sender.push(event),
    }),
    lanes,
    source,
    sink,
    get saved() {
      return sink.files[NAME] ?? new Uint8Array(0)
    },
    get published() {
      return sink.isPublished
    },
    events,
    receiver: new Receiver({
      accept: async (offered) => {
        await init.accept?.(offered)
        return overridden(sink, init.sink)
      },
      limitBytesPerSecond: limits.receiver,
      onLost: lost('receiver'),
      onEvent: (event) => events.receiver.push(event),
    }),
    start: () => {
      transfer.receiver.start(lanes.receiver)
      transfer.sender.start(lanes.sender)
    },
    cut: (error) => transfer.lanes.all[0]?.kill(error),
    reconnect: (isDone = false) => {
      transfer.lanes = new MemoryLanes(init)
      if (isDone) void transfer.receiver.repeatEnd(transfer.lanes.receiver)
      else transfer.receiver.resume(transfer.lanes.receiver)
      transfer.sender.resume(transfer.lanes.sender)
      return transfer.lanes
    },
  }
  return transfer
}

/** `whole`, with `changes` in the place of its own methods. */
function overridden<Whole extends object>(whole: Whole, changes: Partial<Whole> = {}): Whole {
  return new Proxy(whole, {
    get: (target, key) => {
      const value: unknown = Reflect.get(changes, key) ?? Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** How both sides of `transfer` end. */
export async function outcomesOf({ sender, receiver }: MemoryTransfer) {
  const [sent, received] = await Promise.allSettled([sender.done, receiver.done])
  return { sent, received }
}

/** Runs it to its end on both sides. */
export async function runMemoryTransfer(init: MemoryTransferInit) {
  const transfer = memoryTransfer(init)
  transfer.start()
  const { sent, received } = await outcomesOf(transfer)
  const { saved, published, sink, source, events, sender, receiver, lanes } = transfer
  return { saved, published, sink, source, events, sender, receiver, lanes, sent, received }
}
