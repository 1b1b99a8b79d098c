import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ShareError } from '../../src/errors.ts'
import {
  decodeLaneSignal,
  decodeReady,
  encodeLaneSignal,
  encodeReady,
  type LaneSignal,
} from '../../src/peer/lane-message.ts'

const lanes = fc.nat(0xffff)
const bindings = fc.uint8Array({ minLength: 64, maxLength: 64 })
const protocolError = expect.objectContaining({ code: 'protocol' })

/** Runs `decode`, which may refuse what it gets with a protocol error and with nothing else. */
function orRefused<Result>(decode: () => Result): Result | undefined {
  try {
    return decode()
  } catch (error) {
    expect(error).toBeInstanceOf(ShareError)
    expect(error).toMatchObject({ code: 'protocol' })
    return undefined
  }
}

describe('READY', () => {
  it('comes out as it went in, on its own lane', () => {
    fc.assert(
      fc.property(lanes, bindings, (lane, binding) => {
        expect(decodeReady(lane, encodeReady(lane, binding))).toEqual(binding)
      }),
    )
  })

  it('is refused on any other lane', () => {
    fc.assert(
      fc.property(lanes, lanes, bindings, (lane, other, binding) => {
        fc.pre(lane !== other)
        expect(() => decodeReady(other, encodeReady(lane, binding))).toThrow(protocolError)
      }),
    )
  })
})

describe('signals of further lanes', () => {
  const signals = fc.record({
    lane: lanes,
    transport: fc.constantFrom('any' as const, 'udp' as const, 'tcp' as const),
    signal: fc.uint8Array(),
  })
  const encode = (signal: LaneSignal) => new Uint8Array(Buffer.concat(encodeLaneSignal(signal)))

  it('come out as they went in', () => {
    fc.assert(
      fc.property(signals, (signal) => {
        expect(decodeLaneSignal(encode(signal))).toEqual(signal)
      }),
    )
  })

  it('are refused, or mean one thing only, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
        const signal = orRefused(() => decodeLaneSignal(bytes))
        if (signal) expect(encode(signal)).toEqual(bytes)
      }),
      { numRuns: 1000 },
    )
  })

  it.each([
    ['nothing', []],
    ['half a lane number', [0]],
    ['no transport', [0, 1]],
    ['an unknown transport', [0, 1, 99]],
  ])('are refused with %s', (_, bytes) => {
    expect(() => decodeLaneSignal(Uint8Array.from(bytes))).toThrow(protocolError)
  })
})
