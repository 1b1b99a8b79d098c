import jsQR from 'jsqr'
import { describe, expect, it } from 'vitest'
import { qrCode } from '../../src/cli/qr-code.ts'

const TEXT = 'p2pshare receive 2204-tortoise-mosquito@192.168.1.20:7342'
const COLOURED = /^\u001b\[30;107m(.*)\u001b\[0m$/
/** Pixels of a module: readers look for edges. */
const SCALE = 4

/** What a camera sees: `isLit` tells of each character's halves whether they shine. */
function photograph(lines: string[], isLit: (isFilled: boolean) => boolean) {
  const rows = lines.flatMap((line) => [
    [...line].map((character) => isLit('▀█'.includes(character))),
    [...line].map((character) => isLit('▄█'.includes(character))),
  ])
  const [width, height] = [SCALE * (rows[0]?.length ?? 0), SCALE * rows.length]
  const pixels = new Uint8ClampedArray(4 * width * height)
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const value = rows[Math.floor(y / SCALE)]?.[Math.floor(x / SCALE)] ? 255 : 0
      pixels.set([value, value, value, 255], 4 * (y * width + x))
    }
  }
  return { pixels, width, height }
}

function read({ pixels, width, height }: ReturnType<typeof photograph>): string | undefined {
  return jsQR.default(pixels, width, height)?.data
}

describe('qrCode', () => {
  it('is read in colour, dark on light', () => {
    const lines = (qrCode(TEXT, 80, true) ?? '').split('\n')
    const inner = lines.map((line) => COLOURED.exec(line)?.[1] ?? '')
    expect(read(photograph(inner, (isFilled) => !isFilled))).toBe(TEXT)
  })

  it('is read without colour, where text is light on dark', () => {
    const lines = (qrCode(TEXT, 80, false) ?? '').split('\n')
    expect(lines.join('')).not.toContain('\u001b')
    expect(read(photograph(lines, (isFilled) => isFilled))).toBe(TEXT)
  })

  it('fits 40 columns with a code of the usual length, and is not drawn where it does not fit', () => {
    const lines = (qrCode(TEXT, 40, false) ?? '').split('\n')
    expect(lines.length).toBeGreaterThan(10)
    expect(new Set(lines.map((line) => line.length))).toEqual(new Set([33]))
    expect(qrCode(TEXT, 32, false)).toBeUndefined()
  })
})
