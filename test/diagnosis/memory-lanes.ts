import type { SpeedLane } from '../../src/diagnosis/speed-test.ts'
import { type ShareError, toShareError } from '../../src/errors.ts'

type Watcher = Parameters<SpeedLane['listen']>[0]

export interface MemoryLane extends SpeedLane {
  /** Whether what is sent from here arrives. */
  isOpen: boolean
  end(error?: ShareError): void
}

/** Two ends of a lane in memory that delivers in order, `delayMs` after sending. */
export function memoryLanes(delayMs = 0): [MemoryLane, MemoryLane] {
  const watchers: (Watcher | undefined)[] = []
  const early: Uint8Array[][] = [[], []]
  const lane = (own: number): MemoryLane => ({
    maxPayloadBytes: 64 * 1024,
    isOpen: true,
    send(parts) {
      const payload = Uint8Array.from(Buffer.concat(parts))
      const deliver = () => {
        if (!this.isOpen) return
        const watcher = watchers[1 - own]
        if (watcher === undefined) early[1 - own]?.push(payload)
        else attempt(watcher, payload)
      }
      if (delayMs === 0) setImmediate(deliver)
      else setTimeout(deliver, delayMs)
    },
    listen(watcher) {
      watchers[own] = watcher
      for (const payload of early[own]?.splice(0) ?? []) attempt(watcher, payload)
    },
    end(error) {
      watchers[own]?.onEnd(error)
    },
  })
  return [lane(0), lane(1)]
}

/** As a real lane: what its watcher throws ends it. */
function attempt(watcher: Watcher, payload: Uint8Array): void {
  try {
    watcher.onPayload(payload)
  } catch (thrown) {
    watcher.onEnd(toShareError(thrown))
  }
}
