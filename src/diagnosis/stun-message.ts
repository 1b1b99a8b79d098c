import { isIPv6 } from 'node:net'
import { crc32 } from 'node:zlib'

/** RFC 8489, section 5. */
const HEADER_BYTES = 20
const MAGIC_COOKIE = 0x2112_a442
const BINDING_REQUEST = 0x0001
const BINDING_SUCCESS = 0x0101
export const TRANSACTION_ID_BYTES = 12

/** RFC 8489, section 18.3; OTHER-ADDRESS is from RFC 5780, section 7.4. */
const MAPPED_ADDRESS = 0x0001
const XOR_MAPPED_ADDRESS = 0x0020
const FINGERPRINT = 0x8028
const OTHER_ADDRESS = 0x802c
/** From here on attributes may be ignored by whoever does not know them. */
const FIRST_OPTIONAL = 0x8000
/** Understood, in that nothing of them matters to a request without credentials. */
const IGNORED = new Set([0x0006, 0x0008, 0x0014, 0x0015, 0x001c, 0x001d, 0x001e])

const FINGERPRINT_MASK = 0x5354_554e
const FINGERPRINT_BYTES = 8

/** An address as it is on the network: IPv6 without brackets. */
export interface TransportAddress {
  address: string
  port: number
}

export interface BindingResponse {
  /** Where the request came from, as the server saw it. */
  mapped: TransportAddress
  /** Another address of the same server, where it has one. */
  other?: TransportAddress
}

/** A binding request with a fingerprint and nothing else. */
export function encodeBindingRequest(transactionId: Uint8Array): Uint8Array {
  if (transactionId.length !== TRANSACTION_ID_BYTES) throw new TypeError('an id has 12 bytes')
  const message = Buffer.alloc(HEADER_BYTES + FINGERPRINT_BYTES)
  message.writeUInt16BE(BINDING_REQUEST, 0)
  message.writeUInt16BE(FINGERPRINT_BYTES, 2)
  message.writeUInt32BE(MAGIC_COOKIE, 4)
  message.set(transactionId, 8)
  message.writeUInt16BE(FINGERPRINT, HEADER_BYTES)
  message.writeUInt16BE(4, HEADER_BYTES + 2)
  message.writeUInt32BE(fingerprintOf(message.subarray(0, HEADER_BYTES)), HEADER_BYTES + 4)
  return message
}

/**
 * What a server answered to the request with `transactionId`; undefined for anything that is not
 * a whole and well-formed success response to it (RFC 8489, sections 6.3 and 14.7).
 */
export function decodeBindingResponse(
  bytes: Uint8Array,
  transactionId: Uint8Array,
): BindingResponse | undefined {
  const message = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (
    message.length < HEADER_BYTES ||
    message.readUInt16BE(0) !== BINDING_SUCCESS ||
    message.readUInt16BE(2) !== message.length - HEADER_BYTES ||
    message.length % 4 !== 0 ||
    message.readUInt32BE(4) !== MAGIC_COOKIE ||
    message.compare(transactionId, 0, transactionId.length, 8, HEADER_BYTES) !== 0
  ) {
    return undefined
  }
  return fromAttributes(message)
}

function fromAttributes(message: Buffer): BindingResponse | undefined {
  const mask = message.subarray(4, HEADER_BYTES)
  const found = new Map<number, TransportAddress>()
  for (let at = HEADER_BYTES; at < message.length; ) {
    if (at + 4 > message.length) return undefined
    const type = message.readUInt16BE(at)
    const value = message.subarray(at + 4, at + 4 + message.readUInt16BE(at + 2))
    const next = at + 4 + Math.ceil(message.readUInt16BE(at + 2) / 4) * 4
    if (next > message.length) return undefined
    if (type === FINGERPRINT) {
      const isIntact = value.length === 4 && value.readUInt32BE() === fingerprintOf(message, at)
      if (!isIntact || next !== message.length) return undefined
    } else if (type === XOR_MAPPED_ADDRESS || type === MAPPED_ADDRESS || type === OTHER_ADDRESS) {
      const address = decodeAddress(value, type === XOR_MAPPED_ADDRESS ? mask : undefined)
      if (address === undefined && type !== OTHER_ADDRESS) return undefined
      // The first of a kind counts (RFC 8489, section 14).
      if (address && !found.has(type)) found.set(type, address)
    } else if (type < FIRST_OPTIONAL && !IGNORED.has(type)) return undefined
    at = next
  }
  const mapped = found.get(XOR_MAPPED_ADDRESS) ?? found.get(MAPPED_ADDRESS)
  const other = found.get(OTHER_ADDRESS)
  return mapped && { mapped, ...(other && { other }) }
}

/** RFC 8489, sections 14.1 and 14.2; `mask` is the cookie and the transaction id. */
function decodeAddress(value: Buffer, mask: Buffer | undefined): TransportAddress | undefined {
  const family = value[1]
  const addressBytes = family === 1 ? 4 : family === 2 ? 16 : undefined
  if (addressBytes === undefined || value.length !== 4 + addressBytes) return undefined
  const unmasked = Buffer.from(value.subarray(2))
  if (mask) {
    unmasked.writeUInt16BE(unmasked.readUInt16BE() ^ mask.readUInt16BE())
    for (let index = 0; index < addressBytes; index += 1) {
      unmasked[2 + index] = (unmasked[2 + index] ?? 0) ^ (mask[index] ?? 0)
    }
  }
  const port = unmasked.readUInt16BE()
  const address = addressText(unmasked.subarray(2))
  return port === 0 ? undefined : { address, port }
}

function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16))
  return canonicalAddress(groups.join(':'))
}

/** `address` in the one way to write it (RFC 5952), so that two can be compared. */
export function canonicalAddress(address: string): string {
  if (!isIPv6(address)) return address
  return new URL(`http://[${address.split('%')[0]}]`).hostname.slice(1, -1)
}

/** RFC 8489, section 14.7: over what stands before it, with the length that includes it. */
function fingerprintOf(message: Buffer, end = message.length): number {
  return (crc32(message.subarray(0, end)) ^ FINGERPRINT_MASK) >>> 0
}
