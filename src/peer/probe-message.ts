/**
 * What goes over a probe channel (transfer/PROTOCOL.md, "Probes"): the sender's PROBE and the
 * receiver's REPORT of what has arrived on which lane so far.
 */
export interface Report {
  /** Of the probe that it answers; undefined when it comes unasked. */
  probe: number | undefined
  /** Payload bytes that have arrived so far, by lane number. */
  receivedBytes: ReadonlyMap<number, number>
}

const PROBE = 1
const REPORT = 2
const UNASKED = 0xffff_ffff
const PROBE_BYTES = 5
const REPORT_HEADER_BYTES = 5
const LANE_BYTES = 10

/** The probe with this number, below 2^32 - 1. */
export function encodeProbe(probe: number): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(PROBE_BYTES))
  view.setUint8(0, PROBE)
  view.setUint32(1, probe)
  return new Uint8Array(view.buffer)
}

/** The number of the probe in `message`; undefined for anything else. */
export function decodeProbe(message: Uint8Array): number | undefined {
  if (message.length !== PROBE_BYTES || message[0] !== PROBE) return undefined
  return viewOf(message).getUint32(1)
}

export function encodeReport({ probe, receivedBytes }: Report): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(REPORT_HEADER_BYTES + LANE_BYTES * receivedBytes.size))
  view.setUint8(0, REPORT)
  view.setUint32(1, probe ?? UNASKED)
  let at = REPORT_HEADER_BYTES
  for (const [lane, bytes] of receivedBytes) {
    view.setUint16(at, lane)
    view.setBigUint64(at + 2, BigInt(bytes))
    at += LANE_BYTES
  }
  return new Uint8Array(view.buffer)
}

/** The report in `message`; undefined for anything else. */
export function decodeReport(message: Uint8Array): Report | undefined {
  const laneBytes = message.length - REPORT_HEADER_BYTES
  if (laneBytes < 0 || laneBytes % LANE_BYTES !== 0 || message[0] !== REPORT) return undefined
  const view = viewOf(message)
  const probe = view.getUint32(1)
  const receivedBytes = new Map<number, number>()
  for (let at = REPORT_HEADER_BYTES; at < message.length; at += LANE_BYTES) {
    receivedBytes.set(view.getUint16(at), Number(view.getBigUint64(at + 2)))
  }
  return { probe: probe === UNASKED ? undefined : probe, receivedBytes }
}

function viewOf(message: Uint8Array): DataView {
  return new DataView(message.buffer, message.byteOffset, message.byteLength)
}
