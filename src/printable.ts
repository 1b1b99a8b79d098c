import { MAX_PRINTABLE_LENGTH } from './limits.ts'

/**
 * What a terminal obeys instead of showing, or what hides or reorders the text around it: control
 * and format characters (bidi and zero-width ones among them), line separators, lone surrogates and
 * invisible fillers. Variation selectors stay out of it, they belong to ordinary emoji.
 */
const UNPRINTABLE =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|(?![\uFE00-\uFE0F])\p{Default_Ignorable_Code_Point}/u

/** Whether `text` can be shown as it is: on one line, without a character that acts or hides. */
export function isPrintable(text: string): boolean {
  return !UNPRINTABLE.test(text)
}

/**
 * `text` made safe to show on one line of a terminal: control, bidi, zero-width and other invisible
 * characters and lone surrogates become `\u{..}`, everything else stays. At most `maxLength` code
 * points come out, the last of them an ellipsis where something was cut off.
 */
export function printable(text: string, maxLength: number = MAX_PRINTABLE_LENGTH): string {
  const pieces: string[] = []
  let length = 0
  for (const character of text) {
    const piece = isPrintable(character) ? character : escaped(character)
    pieces.push(piece)
    length += pieceLength(piece)
    if (length > maxLength) return `${cutBelow(pieces, length, maxLength)}…`
  }
  return pieces.join('')
}

function escaped(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`
}

/** Whole pieces only: half an escape would read as something else. */
function cutBelow(pieces: string[], length: number, maxLength: number): string {
  let remaining = length
  while (remaining >= maxLength) {
    const last = pieces.pop()
    if (last === undefined) break
    remaining -= pieceLength(last)
  }
  return pieces.join('')
}

/** In code points: a piece is one character of up to two code units, or an ASCII escape. */
function pieceLength(piece: string): number {
  return piece.startsWith('\\u{') ? piece.length : 1
}
