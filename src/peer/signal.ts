import * as v from 'valibot'
import { ShareError } from '../errors.ts'
import { MAX_SDP_BYTES } from '../limits.ts'
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
export type Signal = v.InferOutput<typeof signalSchema>

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
  } catch (cause) {
    throw unfitSignal(cause)
  }
  const parsed = v.safeParse(signalSchema, json)
  if (!parsed.success) throw unfitSignal()
  if (parsed.output.type !== 'candidate') sdpFingerprint(parsed.output.sdp)
  return parsed.output
}

/** `signal` without the candidates that `transport` excludes; undefined where nothing is left. */
export function signalOver(transport: LaneTransport, signal: Signal): Signal | undefined {
  if (transport === 'any') return signal
  const fits = (candidate: string) => transportOf(candidate) === transport
  if (signal.type === 'candidate') return fits(signal.candidate.candidate) ? signal : undefined
  const lines = signal.sdp.split('\r\n')
  const kept = lines.filter((line) => !line.startsWith('a=candidate:') || fits(line))
  return { ...signal, sdp: kept.join('\r\n') }
}

/** RFC 8839, section 5.1: foundation, component, transport. */
function transportOf(candidate: string): string | undefined {
  return /^(?:a=)?candidate:\S+ \d+ (\S+) /.exec(candidate)?.[1]?.toLowerCase()
}

function unfitSignal(cause?: unknown): ShareError {
  return new ShareError('protocol', 'The other side sent a connection offer that makes no sense', {
    cause,
  })
}
