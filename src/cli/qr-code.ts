import { generate } from 'lean-qr'

/** Modules of light around the code; the standard wants four, and readers do with two. */
const MARGIN = 2
const [DARK_ON_LIGHT, RESET] = ['\u001b[30;107m', '\u001b[0m']
/** By what is filled: nothing, the upper half, the lower half, both. */
const HALVES = [' ', '▀', '▄', '█'] as const

/**
 * `text` as a QR code (ISO/IEC 18004), two modules above each other in a character. With `colour`
 * it is dark on light whatever the terminal looks like; without, the light modules are drawn, as is
 * right where text is light on dark, and most readers take the other as well.
 * Undefined where it does not fit into `columns`.
 */
export function qrCode(text: string, columns: number, colour: boolean): string | undefined {
  const code = generate(text)
  const end = code.size + MARGIN
  if (end + MARGIN > columns) return undefined
  const isFilled = (x: number, y: number) => code.get(x, y) === colour
  const lines: string[] = []
  for (let y = -MARGIN; y < end; y += 2) {
    let line = ''
    for (let x = -MARGIN; x < end; x += 1) {
      // There may be an odd number of rows; the last has nothing below it.
      const isLowerFilled = y + 1 < end && isFilled(x, y + 1)
      line += HALVES[(isFilled(x, y) ? 1 : 0) + (isLowerFilled ? 2 : 0)]
    }
    lines.push(colour ? `${DARK_ON_LIGHT}${line}${RESET}` : line)
  }
  return lines.join('\n')
}
