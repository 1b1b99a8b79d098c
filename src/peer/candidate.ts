import type { CandidateInfo } from '../diagnostics.ts'

const KINDS: readonly string[] = [
  'host',
  'srflx',
  'prflx',
  'relay',
] satisfies CandidateInfo['kind'][]

/** RFC 8839, section 5.1: foundation, component, transport, priority, address, port, type. */
const CANDIDATE =
  /^(?:a=)?candidate:\S+ \d+ (?<transport>\S+) \d+ (?<address>\S+) (?<port>\d+) typ (?<kind>\S+)/

/** What a candidate line says, of a kind that is known or not; nothing where it is none. */
export function candidateFields(line: string): Partial<Record<keyof CandidateInfo, string>> {
  return CANDIDATE.exec(line)?.groups ?? {}
}

/** The address in a candidate line; undefined where it is none. */
export function parseCandidate(line: string): CandidateInfo | undefined {
  const { port, ...fields } = candidateFields(line)
  return candidateInfo({ ...fields, port: Number(port) })
}

/** What a report of the engine's statistics, or a candidate line, says of an end; if it is one. */
export function candidateInfo(
  fields: Partial<Record<keyof CandidateInfo, unknown>>,
): CandidateInfo | undefined {
  const { address, port } = fields
  const transport = String(fields.transport).toLowerCase()
  if (transport !== 'udp' && transport !== 'tcp') return undefined
  if (typeof address !== 'string' || address === '') return undefined
  if (!isPort(port) || !isKind(fields.kind)) return undefined
  return { kind: fields.kind, transport, address, port }
}

function isKind(kind: unknown): kind is CandidateInfo['kind'] {
  return typeof kind === 'string' && KINDS.includes(kind)
}

function isPort(port: unknown): port is number {
  return typeof port === 'number' && Number.isInteger(port) && port >= 0 && port < 2 ** 16
}
