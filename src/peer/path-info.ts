import type { CandidateInfo } from '../diagnostics.ts'
import type { PathInfo } from '../events.ts'
import { candidateInfo } from './candidate.ts'

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

/** Where this machine's end of a connection is. */
export interface LocalEnd {
  /** As the other end sees it, where that is known: behind a router not one of this machine's. */
  address: string | undefined
  /** How many packets have come to it. */
  packets: number
}

/** This machine's end of the selected candidate pair. */
export function localEndFromStats(stats: StatsReport): LocalEnd {
  const address = selectedPair(stats)?.local?.['address']
  const packets = packetsFromStats(stats)
  return { address: typeof address === 'string' ? address : undefined, packets }
}

/**
 * Which way the data goes, from the selected candidate pair in a connection's statistics
 * (W3C webrtc-stats); undefined while none is selected. Where it is known to be relayed, that counts:
 * what the other side's relay sends may come before its address is told, and looks like a host's.
 */
export function pathInfoFromStats(stats: StatsReport, isRelayed: boolean): PathInfo | undefined {
  const selected = selectedPair(stats)
  return selected && pathOf(selected, isRelayed)
}

/** What went over one candidate pair. */
export interface PathTraffic {
  /** The pair's name in the statistics. */
  pair: string
  /** Both ways, since the connection was made. */
  bytes: number
  path: PathInfo
}

/** What went over each candidate pair that carried anything. */
export function trafficFromStats(stats: StatsReport, isRelayed: boolean): PathTraffic[] {
  const byId = reportsById(stats)
  const pairs = [...byId.values()].filter((report) => report['type'] === 'candidate-pair')
  return pairs.flatMap((pair) => {
    const bytes = numberIn(pair, 'bytesSent') + numberIn(pair, 'bytesReceived')
    const path = pathOf(endsOf(pair, byId), isRelayed)
    return bytes > 0 ? [{ pair: String(pair['id']), bytes, path }] : []
  })
}

function pathOf({ pair, local, remote }: PairReports, isRelayed: boolean): PathInfo {
  const isOwnRelay = local?.['candidateType'] === 'relay'
  const goesByRelay = isRelayed || isOwnRelay || remote?.['candidateType'] === 'relay'
  // How this machine gets to its own relay; to the other side's it sends like to any address.
  const protocol = isOwnRelay ? local['relayProtocol'] : local?.['protocol']
  return {
    path: goesByRelay ? 'relay' : 'direct',
    transport: protocol === 'tcp' || protocol === 'tls' ? 'tcp' : 'udp',
    rttMs: Math.round(numberIn(pair, 'currentRoundTripTime') * 10_000) / 10,
  }
}

/** The two ends of the selected candidate pair, as far as the statistics know them. */
export function pathEndsFromStats(stats: StatsReport): {
  own?: CandidateInfo
  peer?: CandidateInfo
} {
  const selected = selectedPair(stats)
  const [own, peer] = [endOf(selected?.local), endOf(selected?.remote)]
  return { ...(own && { own }), ...(peer && { peer }) }
}

function endOf(report: Record<string, unknown> | undefined): CandidateInfo | undefined {
  return (
    report &&
    candidateInfo({
      transport: report['protocol'],
      address: report['address'],
      port: report['port'],
      kind: report['candidateType'],
    })
  )
}

type Report = Record<string, unknown>

interface PairReports {
  pair: Report
  local: Report | undefined
  remote: Report | undefined
}

function selectedPair(stats: StatsReport): PairReports | undefined {
  const byId = reportsById(stats)
  const transport = [...byId.values()].find((report) => report['type'] === 'transport')
  const pair = byId.get(transport?.['selectedCandidatePairId'])
  return pair && endsOf(pair, byId)
}

function endsOf(pair: Report, byId: ReadonlyMap<unknown, Report>): PairReports {
  const [local, remote] = [byId.get(pair['localCandidateId']), byId.get(pair['remoteCandidateId'])]
  return { pair, local, remote }
}

function reportsById(stats: StatsReport): Map<unknown, Report> {
  const byId = new Map<unknown, Report>()
  stats.forEach((report) => {
    byId.set(report['id'], report)
  })
  return byId
}

function numberIn(report: Report, name: string): number {
  const value = report[name]
  return typeof value === 'number' ? value : 0
}
