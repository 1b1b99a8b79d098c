import { ShareError } from '../errors.ts'

/** What two sides say to each other over a lane to measure it. The first byte is the type. */
export type SpeedMessage =
  /** I am listening. */
  | { type: 'hello' }
  /** Bytes that mean nothing. */
  | { type: 'data' }
  /** So many payload bytes have come from you. */
  | { type: 'received'; bytes: number }
  /** That is all from me, and this was my rate. */
  | { type: 'end'; bytesPerSecond: number }

const TYPES = ['hello', 'data', 'received', 'end'] as const
export const DATA_TYPE = TYPES.indexOf('data')
const NUMBER_BYTES = 9

/** Any message but data, of which only the size matters. */
export function encodeSpeedMessage(message: Exclude<SpeedMessage, { type: 'data' }>): Uint8Array {
  const type = TYPES.indexOf(message.type)
  if (message.type === 'hello') return Uint8Array.of(type)
  const view = new DataView(new ArrayBuffer(NUMBER_BYTES))
  view.setUint8(0, type)
  view.setFloat64(1, message.type === 'received' ? message.bytes : message.bytesPerSecond)
  return new Uint8Array(view.buffer)
}

/** Throws `protocol` for what is none. */
export function decodeSpeedMessage(payload: Uint8Array): SpeedMessage {
  const type = TYPES[payload[0] ?? -1]
  if (type === 'data') return { type }
  if (type === 'hello' && payload.length === 1) return { type }
  if ((type === 'received' || type === 'end') && payload.length === NUMBER_BYTES) {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
    const value = view.getFloat64(1)
    if (Number.isFinite(value) && value >= 0) {
      return type === 'end' ? { type, bytesPerSecond: value } : { type, bytes: value }
    }
  }
  throw outOfTurn()
}

export function outOfTurn(): ShareError {
  return new ShareError('protocol', 'The other side measures in an unknown way', {
    hint: 'Update p2pshare on both sides.',
  })
}
