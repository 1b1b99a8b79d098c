import type { CandidateInfo } from '../diagnostics.ts'
import type { Signal } from './signal.ts'

const KINDS: readonly string[] = [
  'host',
  'srflx',
  'prflx',
  'relay',
] satisfies CandidateInfo['kind'][]

/** RFC 8839, section 5.1: foundation, component, transport, priority, address, port, type. */
const CANDIDATE =
  /^(?:a=)?candidate:\S+ \d+ (?<transport>\S+) \d+ (?<address>\S+) (?<port>\d{1,5}) typ (?<kind>\S+)/

/** The address in a candidate line; undefined where it is none. */
export function parseCandidate(line: string): CandidateInfo | undefined {
  const { transport = '', address = '', port, kind = '' } = CANDIDATE.exec(line)?.groups ?? {}
  return candidateInfo({ transport, address, port: Number(port), kind })
}

/** The addresses that `signal` names: one, or those in a description. */
export function candidatesIn(signal: Signal): CandidateInfo[] {
  const lines =
    signal.type === 'candidate' ? [signal.candidate.candidate] : signal.sdp.split(/\r?\n/)
  return lines.flatMap((line) => parseCandidate(line) ?? [])
}

/** What a report of the engine's statistics, or a candidate line, says of an end; if it is one. */
export function candidateInfo(fields: {
  transport: unknown
  address: unknown
  port: unknown
  kind: unknown
}): CandidateInfo | undefined {
  const { address, port } = fields
  const transport = String(fields.transport).toLowerCase()
  if (transport !== 'udp' && transport !== 'tcp') return undefined
  if (typeof address !== 'string' || address === '') return undefined
  if (typeof port !== 'number' || !Number.isInteger(port) || !isKind(fields.kind)) return undefined
  return { kind: fields.kind, transport, address, port }
}

function isKind(kind: unknown): kind is CandidateInfo['kind'] {
  return typeof kind === 'string' && KINDS.includes(kind)
}
