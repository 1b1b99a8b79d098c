import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lengthValueConcat } from '../../src/secure/length-value.ts'
import { hexOf } from './text.ts'

describe('lengthValueConcat', () => {
  it("gives the draft's examples of prepend_len and lv_cat", () => {
    const range = (length: number) => Uint8Array.from({ length }, (_, index) => index)
    expect(hexOf(lengthValueConcat(''))).toBe('00')
    expect(hexOf(lengthValueConcat('1234'))).toBe('0431323334')
    expect(hexOf(lengthValueConcat(range(127)))).toBe(`7f${hexOf(range(127))}`)
    expect(hexOf(lengthValueConcat(range(128)))).toBe(`8001${hexOf(range(128))}`)
    expect(hexOf(lengthValueConcat('1234', '5', '', '678'))).toBe('043132333401350003363738')
  })

  it('writes lengths of three digits', () => {
    expect(hexOf(lengthValueConcat(new Uint8Array(16_384)).subarray(0, 3))).toBe('808001')
  })

  it('can be taken apart into the same fields', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 })), (fields) => {
        expect(split(lengthValueConcat(...fields))).toEqual(fields)
      }),
    )
  })
})

function split(joined: Uint8Array): Uint8Array[] {
  const fields: Uint8Array[] = []
  let offset = 0
  while (offset < joined.length) {
    let length = 0
    let shift = 0
    let digit: number
    do {
      digit = joined[offset++] ?? 0
      length |= (digit & 0x7f) << shift
      shift += 7
    } while (digit & 0x80)
    fields.push(joined.slice(offset, offset + length))
    offset += length
  }
  return fields
}
