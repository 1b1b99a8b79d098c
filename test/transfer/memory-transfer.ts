import type { ShareError } from '../../src/errors.ts'
import type { TransferEvent } from '../../src/events.ts'
import { BLOCK_BYTES } from '../../src/limits.ts'
import type { Entry, Offer } from '../../src/transfer/frame.ts'
import type { Sink, Source, TransferLane } from '../../src/transfer/ports.ts'
import { Receiver } from '../../src/transfer/receiver.ts'
import { Sender } from '../../src/transfer/sender.ts'

export interface MemoryTransferInit {
  content: Uint8Array
  maxPayloadBytes?: number
  /** Changes what the sender says on its way; gives what arrives. */
  toReceiver?: (payload: Uint8Array) => Uint8Array[]
  accept?: (offer: Offer) => Promise<void>
  source?: Partial<Source>
  sink?: Partial<Sink>
}

export interface MemoryTransfer {
  sender: Sender
  receiver: Receiver
  saved: Uint8Array
  published: boolean
  events: { sender: TransferEvent[]; receiver: TransferEvent[] }
  start(): void
  /** Ends the lane on both sides. */
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

/** A whole transfer of one file in memory: two drivers and a lane that delivers in order. */
export function memoryTransfer(init: MemoryTransferInit): MemoryTransfer {
  const events = { sender: [] as TransferEvent[], receiver: [] as TransferEvent[] }
  const sender = new Sender({
    ...offerOf(init.content),
    source: {
      read: async (_, offset, buffer) => {
        buffer.set(init.content.subarray(offset, offset + buffer.length))
      },
      assertUnchanged: async () => {},
      ...init.source,
    },
    onEvent: (event) => events.sender.push(event),
  })
  const transfer: MemoryTransfer = {
    sender,
    saved: new Uint8Array(init.content.length),
    published: false,
    events,
    receiver: new Receiver({
      accept: async (offer) => {
        await init.accept?.(offer)
        return {
          write: async (_, offset, parts) => transfer.saved.set(Buffer.concat(parts), offset),
          publish: async () => {
            transfer.published = true
          },
          ...init.sink,
        }
      },
      onEvent: (event) => events.receiver.push(event),
    }),
    start: () => {
      const toReceiver = init.toReceiver ?? ((payload: Uint8Array) => [payload])
      const ends = [
        lane((payload) => ends[1]?.hear(payload)),
        lane((payload) => {
          for (const each of toReceiver(payload)) ends[0]?.hear(each)
        }),
      ] as const
      transfer.cut = (error) => {
        for (const end of ends) end.end(error)
      }
      transfer.receiver.start(ends[0])
      sender.start(ends[1])
    },
    cut: () => {},
  }
  const lane = (deliver: (payload: Uint8Array) => void) => {
    let queued = 0
    let watcher: Parameters<TransferLane['listen']>[0] | undefined
    return {
      maxPayloadBytes: init.maxPayloadBytes ?? 256 * 1024 - 17,
      get room() {
        return 1024 * 1024 - queued
      },
      send(parts: readonly Uint8Array[]) {
        const payload = Buffer.concat(parts)
        if (payload.length > this.maxPayloadBytes) throw new TypeError('too large for the lane')
        queued += payload.length
        setImmediate(() => {
          queued -= payload.length
          deliver(payload)
        })
      },
      writable: () => new Promise<void>((resolve) => setImmediate(resolve)),
      listen(listener: Parameters<TransferLane['listen']>[0]) {
        watcher = listener
      },
      hear: (payload: Uint8Array) => watcher?.onPayload(payload),
      end: (error?: ShareError) => watcher?.onEnd(error),
    }
  }
  return transfer
}

/** Runs it to its end on both sides. */
export async function runMemoryTransfer(init: MemoryTransferInit) {
  const transfer = memoryTransfer(init)
  transfer.start()
  const [sent, received] = await Promise.allSettled([transfer.sender.done, transfer.receiver.done])
  return { ...transfer, sent, received }
}
