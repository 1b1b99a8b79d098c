import type { ShareError } from '../../src/errors.ts'
import type { TransferEvent } from '../../src/events.ts'
import { BLOCK_BYTES } from '../../src/limits.ts'
import type { Entry, Offer } from '../../src/transfer/frame.ts'
import type { Sink, Source } from '../../src/transfer/ports.ts'
import { Receiver } from '../../src/transfer/receiver.ts'
import { Sender } from '../../src/transfer/sender.ts'
import { MemoryLanes, type MemoryLanesInit } from './memory-lanes.ts'

export interface MemoryTransferInit extends MemoryLanesInit {
  content: Uint8Array
  /** How many lanes to use; as many as help when absent. */
  fixedLanes?: number
  accept?: (offer: Offer) => Promise<void>
  source?: Partial<Source>
  sink?: Partial<Sink>
  /** How long it takes to write a block, in milliseconds. */
  writeMs?: number
}

export interface MemoryTransfer {
  sender: Sender
  receiver: Receiver
  lanes: MemoryLanes
  saved: Uint8Array
  published: boolean
  events: { sender: TransferEvent[]; receiver: TransferEvent[] }
  start(): void
  /** Ends the first lane on both sides. */
  cut(error?: ShareError): void
}

export function offerOf(content: Uint8Array): { offer: Offer; entries: Entry[] } {
  const name = 'file.bin'
  return {
    offer: {
      name,
      files: 1,
      bytes: content.length,
      blockBytes: BLOCK_BYTES,
    },
    entries: [{ path: name, bytes: content.length, mode: 0o644, modifiedMs: 0 }],
  }
}

/** A whole transfer of one file in memory: two drivers, and lanes that deliver in order each. */
export function memoryTransfer(init: MemoryTransferInit): MemoryTransfer {
  const events = { sender: [] as TransferEvent[], receiver: [] as TransferEvent[] }
  const lanes = new MemoryLanes(init)
  const transfer: MemoryTransfer = {
    sender: new Sender({
      ...offerOf(init.content),
      source: {
        read: async (_, offset, buffer) => {
          buffer.set(init.content.subarray(offset, offset + buffer.length))
        },
        assertUnchanged: async () => {},
        ...init.source,
      },
      lanes: init.fixedLanes,
      onEvent: (event) => events.sender.push(event),
    }),
    lanes,
    saved: new Uint8Array(init.content.length),
    published: false,
    events,
    receiver: new Receiver({
      accept: async (offer) => {
        await init.accept?.(offer)
        return {
          write: async (_, offset, parts) => {
            if (init.writeMs) await new Promise((resolve) => setTimeout(resolve, init.writeMs))
            transfer.saved.set(Buffer.concat(parts), offset)
          },
          publish: async () => {
            transfer.published = true
          },
          ...init.sink,
        }
      },
      onEvent: (event) => events.receiver.push(event),
    }),
    start: () => {
      transfer.receiver.start(lanes.receiver)
      transfer.sender.start(lanes.sender)
    },
    cut: (error) => lanes.all[0]?.kill(error),
  }
  return transfer
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
  const outcomes = await outcomesOf(transfer)
  return { ...transfer, ...outcomes }
}
