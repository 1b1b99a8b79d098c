import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { zstdFrameSize } from '../../src/compression/zstd-frame-size.ts'
import { MIB } from '../../src/limits.ts'

const MAGIC = [0x28, 0xb5, 0x2f, 0xfd]
const frame = (...bytes: number[]) => Uint8Array.from([...MAGIC, ...bytes])

describe('the size in the header of a Zstandard frame', () => {
  it('is read from one, two, four and eight bytes', () => {
    expect(zstdFrameSize(frame(0x20, 200))).toBe(200)
    expect(zstdFrameSize(frame(0x60, 0x01, 0x02))).toBe(0x0201 + 256)
    expect(zstdFrameSize(frame(0xa0, 0, 0, 0x10, 0))).toBe(MIB)
    expect(zstdFrameSize(frame(0xe0, 0, 0, 0, 0, 1, 0, 0, 0))).toBe(2 ** 32)
  })

  it('stands after the window and the dictionary where the frame has them', () => {
    expect(zstdFrameSize(frame(0x80, 0x58, 0, 0, 0x10, 0))).toBe(MIB)
    expect(zstdFrameSize(frame(0x83, 0x58, 1, 2, 3, 4, 0, 0, 0x10, 0))).toBe(MIB)
  })

  it('is not there in a frame of unknown size, another format, or half a header', () => {
    expect(zstdFrameSize(frame(0x00, 0x58))).toBeUndefined()
    expect(zstdFrameSize(Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, 0x20, 1))).toBeUndefined()
    const whole = frame(0xa0, 0, 0, 0x10, 0)
    for (let bytes = 0; bytes < whole.length; bytes += 1) {
      expect(zstdFrameSize(whole.subarray(0, bytes))).toBeUndefined()
    }
  })

  it('is a count or nothing, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
        const size = zstdFrameSize(frame(...bytes))
        expect(size === undefined || (Number.isInteger(size) && size >= 0)).toBe(true)
      }),
    )
  })
})
