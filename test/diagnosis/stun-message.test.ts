import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  canonicalAddress,
  decodeBindingResponse,
  encodeBindingRequest,
} from '../../src/diagnosis/stun-message.ts'

/** RFC 5769, sections 2.2 and 2.3. */
const ID = bytes('b7e7a701 bc34d686 fa87dfae')
const IPV4_RESPONSE = bytes(`
  0101003c 2112a442 b7e7a701 bc34d686 fa87dfae
  8022000b 74657374 20766563 746f7220
  00200008 0001a147 e112a643
  00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7
  80280004 c07d4c96`)
const IPV6_RESPONSE = bytes(`
  01010048 2112a442 b7e7a701 bc34d686 fa87dfae
  8022000b 74657374 20766563 746f7220
  00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9
  00080014 a382954e 4be67bf1 1784c97c 8292c275 bfe3ed41
  80280004 c8fb0b4c`)

function bytes(hex: string): Buffer {
  return Buffer.from(hex.replace(/\s/g, ''), 'hex')
}

/** A success response with these attributes and no fingerprint. */
function response(attributes: string): Buffer {
  const body = bytes(attributes)
  const length = Buffer.alloc(2)
  length.writeUInt16BE(body.length)
  return Buffer.concat([bytes('0101'), length, bytes('2112a442'), ID, body])
}

const MAPPED = '00010008 00010bb8 c0000201'

describe('a binding request', () => {
  it('has the header of RFC 8489 and a fingerprint', () => {
    const request = Buffer.from(encodeBindingRequest(ID))
    expect(request.toString('hex')).toMatch(/^000100082112a442b7e7a701bc34d686fa87dfae80280004/)
    // With another type it is a response, whose fingerprint then no longer fits.
    request.writeUInt16BE(0x0101)
    expect(decodeBindingResponse(request, ID)).toBeUndefined()
  })
})

describe('a binding response', () => {
  it('of RFC 5769 is understood over IPv4', () => {
    expect(decodeBindingResponse(IPV4_RESPONSE, ID)).toEqual({
      mapped: { address: '192.0.2.1', port: 32_853 },
    })
  })

  it('of RFC 5769 is understood over IPv6', () => {
    expect(decodeBindingResponse(IPV6_RESPONSE, ID)).toEqual({
      mapped: { address: '2001:db8:1234:5678:11:2233:4455:6677', port: 32_853 },
    })
  })

  it('names the other address of its server', () => {
    const decoded = decodeBindingResponse(response(`${MAPPED} 802c0008 00010d96 c6336402`), ID)
    expect(decoded).toEqual({
      mapped: { address: '192.0.2.1', port: 3000 },
      other: { address: '198.51.100.2', port: 3478 },
    })
  })

  it.each([
    ['for another request', IPV4_RESPONSE, bytes('b7e7a701 bc34d686 fa87dfaf')],
    ['of another kind', response('').fill(1, 0, 2), ID],
    ['without an address', response(''), ID],
    ['with an address of no family', response('00010008 00030bb8 c0000201'), ID],
    ['with an address that is too short', response('00010004 00010bb8'), ID],
    ['with port 0', response('00010008 00010000 c0000201'), ID],
    ['with an attribute that must be understood', response(`${MAPPED} 7f000000`), ID],
    ['with an attribute longer than the message', response(`${MAPPED} 80220010 00000000`), ID],
    ['that ends inside an attribute', IPV4_RESPONSE.subarray(0, -4), ID],
    ['with something behind it', Buffer.concat([IPV4_RESPONSE, bytes('00000000')]), ID],
  ])('%s is none', (_title, message, id) => {
    expect(decodeBindingResponse(message, id)).toBeUndefined()
  })

  it('with any byte before its fingerprint changed is none', () => {
    for (let index = 0; index < IPV4_RESPONSE.length - 8; index += 1) {
      const changed = Buffer.from(IPV4_RESPONSE)
      changed[index] = (changed[index] ?? 0) ^ 0x10
      expect(decodeBindingResponse(changed, ID), `byte ${index}`).toBeUndefined()
    }
  })

  it('of any bytes throws nothing', () => {
    const body = fc.uint8Array({ maxLength: 200 })
    fc.assert(
      fc.property(body, (noise) => {
        decodeBindingResponse(noise, ID)
        decodeBindingResponse(response(Buffer.from(noise).toString('hex')), ID)
      }),
    )
  })
})

it('an address has one way to write it', () => {
  expect(canonicalAddress('fe80:0:0:0:0:0:0:1%eth0')).toBe('fe80::1')
  expect(canonicalAddress('192.0.2.1')).toBe('192.0.2.1')
})
