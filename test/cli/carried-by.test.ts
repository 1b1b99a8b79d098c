import { describe, expect, it } from 'vitest'
import { CarriedBy } from '../../src/cli/carried-by.ts'
import type { TransferEvent } from '../../src/events.ts'

const connected: TransferEvent = { event: 'connected', path: 'direct', transport: 'udp', rttMs: 1 }
const progress = (...transports: ('tcp' | 'udp')[]): TransferEvent => ({
  event: 'progress',
  bytes: 1,
  total: 2,
  bytesPerSecond: 1,
  lanes: transports.length,
  transports,
})

describe('what carried a transfer', () => {
  it.each([
    ['nothing before it is connected', [], []],
    ['what connected it while nothing else is known', [connected, progress()], ['udp']],
    ['what did it most of the time', [connected, progress('tcp', 'udp'), progress('tcp')], ['tcp']],
    ['both where both did', [connected, progress('udp', 'tcp')], ['tcp', 'udp']],
  ])('is %s', (_title, events, transports) => {
    const carried = new CarriedBy()
    for (const event of events) carried.onEvent(event)
    expect(carried.transports).toEqual(transports)
  })
})
