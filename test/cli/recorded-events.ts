import type { TransferEvent } from '../../src/events.ts'

const MIB = 1024 ** 2

export const code: TransferEvent = {
  event: 'code',
  code: '7-guitar-velvet',
  full: '7-guitar-velvet@192.168.1.5:7342',
}
export const connected: TransferEvent = {
  event: 'connected',
  path: 'direct',
  transport: 'udp',
  rttMs: 23.4,
}
export const offer: TransferEvent = {
  event: 'offer',
  name: 'a.zip',
  kind: 'file',
  files: 1,
  bytes: 100 * MIB,
  isCounted: true,
}
export const done: TransferEvent & { event: 'done' } = {
  event: 'done',
  files: 1,
  bytes: 100 * MIB,
  skipped: 0,
  sent: 100 * MIB,
  seconds: 8,
  path: 'direct',
  digest: 'ab'.repeat(32),
}

/** `share` percent of 100 MiB have arrived. */
export function progress(share: number): TransferEvent & { event: 'progress' } {
  const bytes = share * MIB
  return {
    event: 'progress',
    bytes,
    total: 100 * MIB,
    bytesPerSecond: 12.5 * MIB,
    lanes: 1,
    transports: ['udp'],
  }
}
