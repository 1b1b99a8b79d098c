import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'

/**
 * Joins fields, each after its length in LEB128, so that no two lists of fields give the same bytes:
 * `lv_cat` of draft-irtf-cfrg-cpace-21, section 5.3. Strings go in as UTF-8.
 */
export function lengthValueConcat(...fields: readonly (Uint8Array | string)[]): Uint8Array {
  return concatBytes(...fields.flatMap((field) => withLength(toBytes(field))))
}

function withLength(bytes: Uint8Array): [Uint8Array, Uint8Array] {
  return [encodeLeb128(bytes.length), bytes]
}

function encodeLeb128(value: number): Uint8Array {
  const digits: number[] = []
  let rest = value
  while (rest >= 0x80) {
    digits.push((rest & 0x7f) | 0x80)
    rest >>>= 7
  }
  digits.push(rest)
  return Uint8Array.from(digits)
}

function toBytes(field: Uint8Array | string): Uint8Array {
  return typeof field === 'string' ? utf8ToBytes(field) : field
}
