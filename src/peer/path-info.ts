import type { PathInfo } from '../events.ts'

interface StatsReport {
  forEach(visit: (report: Record<string, unknown>) => void): void
}

/** How many packets have come from the other end, connectivity checks included. */
export function packetsFromStats(stats: StatsReport): number {
  let packets = 0
  stats.forEach((report) => {
    if (report['type'] !== 'candidate-pair') return
    for (const count of ['packetsReceived', 'requestsReceived', 'responsesReceived']) {
      const value = report[count]
      if (typeof value === 'number') packets += value
    }
  })
  return packets
}

/**
 * Which way the data goes, from the selected candidate pair in a connection's statistics
 * (W3C webrtc-stats); undefined while none is selected.
 */
export function pathInfoFromStats(stats: StatsReport): PathInfo | undefined {
  const byId = new Map<unknown, Record<string, unknown>>()
  let selectedId: unknown
  stats.forEach((report) => {
    byId.set(report['id'], report)
    if (report['type'] === 'transport') selectedId ??= report['selectedCandidatePairId']
  })
  const pair = byId.get(selectedId)
  if (pair === undefined) return undefined
  const local = byId.get(pair['localCandidateId'])
  const remote = byId.get(pair['remoteCandidateId'])
  const relayed = local?.['candidateType'] === 'relay' || remote?.['candidateType'] === 'relay'
  const rttSeconds = pair['currentRoundTripTime']
  return {
    path: relayed ? 'relay' : 'direct',
    transport: local?.['protocol'] === 'tcp' ? 'tcp' : 'udp',
    rttMs: typeof rttSeconds === 'number' ? Math.round(rttSeconds * 10_000) / 10 : 0,
  }
}
