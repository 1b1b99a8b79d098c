import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_LANES } from '../../src/limits.ts'
import {
  decodeProbe,
  decodeReport,
  encodeProbe,
  encodeReport,
  type Report,
} from '../../src/peer/probe-message.ts'

const probes = fc.nat(0xffff_fffe)
const reports: fc.Arbitrary<Report> = fc.record({
  probe: fc.option(probes, { nil: undefined }),
  receivedBytes: fc
    .array(fc.tuple(fc.nat(0xffff), fc.maxSafeNat()), { maxLength: 1 + MAX_LANES })
    .map((lanes) => new Map(lanes)),
})

describe('probes', () => {
  it('come out as they went in', () => {
    fc.assert(
      fc.property(probes, (probe) => {
        expect(decodeProbe(encodeProbe(probe))).toBe(probe)
      }),
    )
  })

  it('are not taken for reports, nor reports for probes', () => {
    fc.assert(
      fc.property(probes, reports, (probe, report) => {
        expect(decodeReport(encodeProbe(probe))).toBeUndefined()
        expect(decodeProbe(encodeReport(report))).toBeUndefined()
      }),
    )
  })
})

describe('reports', () => {
  it('come out as they went in', () => {
    fc.assert(
      fc.property(reports, (report) => {
        expect(decodeReport(encodeReport(report))).toEqual(report)
      }),
    )
  })

  it('fit into one packet, even of as many lanes as there may be', () => {
    const receivedBytes = new Map(Array.from({ length: 1 + MAX_LANES }, (_, lane) => [lane, 2]))
    expect(encodeReport({ probe: 1, receivedBytes }).length).toBeLessThanOrEqual(1024)
  })

  it('are read from the middle of a larger buffer', () => {
    const report = { probe: 7, receivedBytes: new Map([[3, 5]]) }
    const bytes = encodeReport(report)
    const within = Buffer.concat([Buffer.alloc(3), bytes, Buffer.alloc(3)])
    expect(decodeReport(within.subarray(3, 3 + bytes.length))).toEqual(report)
  })
})

describe('what a hostile peer sends', () => {
  it('is nothing, or sound numbers, whatever the bytes', () => {
    const types = fc.constantFrom(0, 1, 2, 3, 255)
    fc.assert(
      fc.property(types, fc.uint8Array({ maxLength: 60 }), (type, rest) => {
        const message = Uint8Array.of(type, ...rest)
        const probe = decodeProbe(message)
        if (probe !== undefined) expect(probe).toBeLessThanOrEqual(0xffff_ffff)
        for (const [lane, bytes] of decodeReport(message)?.receivedBytes ?? []) {
          expect(lane).toBeLessThanOrEqual(0xffff)
          expect(bytes).toBeGreaterThanOrEqual(0)
        }
      }),
      { numRuns: 1000 },
    )
  })

  it.each([
    ['nothing', []],
    ['a probe that is too short', [1, 0, 0, 0]],
    ['a probe that is too long', [1, 0, 0, 0, 0, 0]],
    ['a report without a probe', [2, 0, 0, 0]],
    ['a report of half a lane', [2, 0, 0, 0, 0, 0, 1, 0, 0, 0]],
  ])('is not understood when it is %s', (_, bytes) => {
    expect(decodeProbe(Uint8Array.from(bytes))).toBeUndefined()
    expect(decodeReport(Uint8Array.from(bytes))).toBeUndefined()
  })
})
