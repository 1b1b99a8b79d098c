import type { CandidateInfo } from '../diagnostics.ts'
import type { PathInfo } from '../events.ts'
import type { Finding } from './finding.ts'

/** The way to the other side, and its two ends as far as they are known. */
export interface FoundPath extends PathInfo {
  own?: CandidateInfo
  peer?: CandidateInfo
}

const name = 'connection'

/** Tells which way was found; undefined where the engine does not know it. */
export function checkConnection(found: FoundPath | undefined): Finding<'connection'> {
  if (found === undefined) {
    return { name, verdict: 'ok', message: 'The two machines are connected', hint: '' }
  }
  const { path, transport, rttMs, own, peer } = found
  const way = path === 'direct' ? 'directly' : 'through a relay'
  const roundTrip = rttMs < 1 ? 'under 1 ms' : `${Math.round(rttMs)} ms`
  return {
    name,
    verdict: 'ok',
    message: `The two machines are connected ${way} over ${transport.toUpperCase()}, ${roundTrip} round trip`,
    hint: '',
    path,
    transport,
    rttMs,
    ...(own && { ownAddress: addressOf(own) }),
    ...(peer && { peerAddress: addressOf(peer) }),
  }
}

function addressOf({ address, port }: CandidateInfo): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}
