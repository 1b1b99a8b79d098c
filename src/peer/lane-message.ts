import { ShareError } from '../errors.ts'

/**
 * The messages of a lane (transfer/PROTOCOL.md, "Lanes"). The first byte is the type; all but
 * READY are sealed behind it.
 */
export const LaneMessage = {
  /** I am here and listening: version, lane number and the binding to the session. */
  ready: 1,
  /** One frame of the transfer. */
  data: 2,
  /** Nothing, so that silence means something. */
  keepalive: 3,
  /** Nothing follows from this side. */
  fin: 4,
  /** The other side's FIN arrived, and so all that came before it. */
  finAck: 5,
  /** Signalling for a further lane, on lane 0 only. */
  signal: 6,
} as const

const LANE_VERSION = 1
const BINDING_BYTES = 64
const READY_BYTES = 4 + BINDING_BYTES

/** READY of lane `lane` with its `binding` of 64 bytes. */
export function encodeReady(lane: number, binding: Uint8Array): Uint8Array {
  if (binding.length !== BINDING_BYTES) throw new TypeError('a binding has 64 bytes')
  const message = new Uint8Array(READY_BYTES)
  message.set([LaneMessage.ready, LANE_VERSION, lane >> 8, lane & 0xff])
  message.set(binding, 4)
  return message
}

/** The binding in the READY `message` of lane `lane`. Throws `protocol` if it is not one. */
export function decodeReady(lane: number, message: Uint8Array): Uint8Array {
  const [type, version, high, low] = message
  if (type !== LaneMessage.ready || message.length !== READY_BYTES || version !== LANE_VERSION) {
    throw new ShareError('protocol', 'The other side opened the connection in an unknown way')
  }
  if (high !== lane >> 8 || low !== (lane & 0xff)) {
    throw new ShareError('protocol', 'The other side mixed up two connections')
  }
  return message.subarray(4)
}

/** Signalling of a connection that is to become lane `lane`. */
export interface LaneSignal {
  lane: number
  transport: LaneTransport
  /** As `Connection` gives and takes it. */
  signal: Uint8Array
}

/** Which candidates a connection may use: all of them, or those over one transport. */
export type LaneTransport = 'any' | 'udp' | 'tcp'

const TRANSPORTS = ['any', 'udp', 'tcp'] as const
const SIGNAL_HEADER_BYTES = 3

/** The parts of the SIGNAL that carries `signal`: lane number, transport, signal. */
export function encodeLaneSignal({ lane, transport, signal }: LaneSignal): Uint8Array[] {
  return [Uint8Array.of(lane >> 8, lane & 0xff, TRANSPORTS.indexOf(transport)), signal]
}

/** What is in the SIGNAL `payload`. Throws `protocol` for none. */
export function decodeLaneSignal(payload: Uint8Array): LaneSignal {
  const [high = 0, low = 0, transportIndex = -1] = payload
  const transport = TRANSPORTS[transportIndex]
  if (payload.length < SIGNAL_HEADER_BYTES || transport === undefined) {
    throw new ShareError('protocol', 'The other side asked for a connection in an unknown way')
  }
  return { lane: (high << 8) | low, transport, signal: payload.subarray(SIGNAL_HEADER_BYTES) }
}
