import * as v from 'valibot'
import type { CandidateInfo } from '../diagnostics.ts'
import { ShareError } from '../errors.ts'
import type { PathInfo } from '../events.ts'
import { MAX_SDP_BYTES } from '../limits.ts'
import { candidateFields, parseCandidate } from './candidate.ts'
import type { LaneTransport } from './lane-message.ts'
import { sdpFingerprint } from './session-description.ts'

const MAX_CANDIDATE_LENGTH = 1024

const signalSchema = v.variant('type', [
  v.strictObject({ type: v.literal('offer'), sdp: v.pipe(v.string(), v.maxLength(MAX_SDP_BYTES)) }),
  v.strictObject({
    type: v.literal('answer'),
    sdp: v.pipe(v.string(), v.maxLength(MAX_SDP_BYTES)),
  }),
  v.strictObject({
    type: v.literal('candidate'),
    candidate: v.strictObject({
      candidate: v.pipe(v.string(), v.maxLength(MAX_CANDIDATE_LENGTH)),
      sdpMLineIndex: v.optional(v.nullable(v.literal(0))),
      sdpMid: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(16)))),
    }),
  }),
])

/** What two peers say to each other to connect: a description each, and candidates as they come. */
export type Signal =
  | { type: 'offer' | 'answer'; sdp: string }
  | {
      type: 'candidate'
      candidate: {
        candidate: string
        sdpMLineIndex?: 0 | null | undefined
        sdpMid?: string | null | undefined
      }
    }

/** `signal` as bytes, to be sealed and sent. */
export function encodeSignal(signal: Signal): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(signal))
}

/**
 * The signal in `bytes`, which came from the other side.
 * Throws `protocol` unless it is a candidate, or a description of nothing but one data channel
 * with exactly one SHA-256 fingerprint.
 */
export function decodeSignal(bytes: Uint8Array): Signal {
  if (bytes.length > 2 * MAX_SDP_BYTES) throw unfitSignal()
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    // What the parser says quotes the message.
    throw unfitSignal()
  }
  const parsed = v.safeParse(signalSchema, json)
  if (!parsed.success) throw unfitSignal()
  if (parsed.output.type !== 'candidate') sdpFingerprint(parsed.output.sdp)
  return parsed.output
}

/** The addresses that `signal` names: one, or those in a description. */
export function candidatesIn(signal: Signal): CandidateInfo[] {
  const lines =
    signal.type === 'candidate' ? [signal.candidate.candidate] : signal.sdp.split(/\r?\n/)
  return lines.flatMap((line) => parseCandidate(line) ?? [])
}

/** Which candidates a connection may use. */
export interface CandidateChoice {
  transport: LaneTransport
  /** Those that lead straight to the machine, or to its relay; both when absent. */
  only?: PathInfo['path'] | undefined
}

/**
 * `signal` without the candidates that `choice` excludes; undefined where nothing is left. Where only
 * a relay is left, nothing in it tells where the machine behind the relay is.
 */
export function signalWithin(choice: CandidateChoice, signal: Signal): Signal | undefined {
  const cleaned = choice.only === 'relay' ? withoutOwnAddress : (line: string) => line
  if (signal.type === 'candidate') {
    const { candidate } = signal
    if (!isChosen(choice, candidate.candidate)) return undefined
    return { ...signal, candidate: { ...candidate, candidate: cleaned(candidate.candidate) } }
  }
  const lines = signal.sdp.split('\r\n')
  const kept = lines.filter((line) => !line.startsWith('a=candidate:') || isChosen(choice, line))
  return { ...signal, sdp: kept.map(cleaned).join('\r\n') }
}

function isChosen({ transport, only }: CandidateChoice, candidate: string): boolean {
  const { transport: protocol = '', kind } = candidateFields(candidate)
  if (transport !== 'any' && protocol.toLowerCase() !== transport) return false
  return only === undefined || (kind === 'relay') === (only === 'relay')
}

/** The engine leaves the related address out by itself; here it is made sure of (RFC 8839, 5.1). */
function withoutOwnAddress(line: string): string {
  return line
    .replace(/ raddr \S+ rport \d+/, ' raddr 0.0.0.0 rport 0')
    .replace(/^c=.*$/, 'c=IN IP4 0.0.0.0')
}

function unfitSignal(): ShareError {
  return new ShareError('protocol', 'The other side sent a connection offer that makes no sense')
}
