import { MAX_PRINTABLE_LENGTH } from './limits.ts'

/**
 * What a terminal obeys instead of showing, or what hides or reorders the text around it: control
 * and format characters (bidi and zero-width ones among them), line separators, lone surrogates and
 * invisible fillers. Variation selectors stay out of it, they belong to ordinary emoji, and so does
 * a joiner between two pictures, which makes one emoji of them.
 */
const UNPRINTABLE =
  /(?<!\p{Extended_Pictographic}[\uFE0F\u{1F3FB}-\u{1F3FF}]?)\u200D|\u200D(?!\p{Extended_Pictographic})|(?!\u200D)(?:[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|(?![\uFE00-\uFE0F])\p{Default_Ignorable_Code_Point})/u

const JOINER = '\u200D'
/** The same condition for one joiner, within its text. */
const JOINER_IN_EMOJI =
  /(?<=\p{Extended_Pictographic}[\uFE0F\u{1F3FB}-\u{1F3FF}]?)\u200D(?=\p{Extended_Pictographic})/uy

/** The flags of England, Scotland and Wales: a black flag, letters as tags, and their end. */
const FLAG =
  '\u{1F3F4}\u{E0067}\u{E0062}(?:\u{E0065}\u{E006E}\u{E0067}|\u{E0073}\u{E0063}\u{E0074}|\u{E0077}\u{E006C}\u{E0073})\u{E007F}'
const FLAGS = new RegExp(FLAG, 'gu')
const FLAG_OR_CHARACTER = new RegExp(`${FLAG}|.`, 'gsu')

/** Whether `text` can be shown as it is: on one line, without a character that acts or hides. */
export function isPrintable(text: string): boolean {
  return !UNPRINTABLE.test(text.replace(FLAGS, '\u{1F3F4}'))
}

/**
 * `text` made safe to show on one line of a terminal: control, bidi, zero-width and other invisible
 * characters and lone surrogates become `\u{..}`, everything else stays. At most `maxLength` code
 * points come out, the last of them an ellipsis where something was cut off.
 */
export function printable(text: string, maxLength: number = MAX_PRINTABLE_LENGTH): string {
  const pieces: string[] = []
  let length = 0
  for (const { 0: character, index } of text.matchAll(FLAG_OR_CHARACTER)) {
    const isShown = isPrintable(character) || isJoinerInEmoji(text, index)
    const piece = isShown ? character : escaped(character)
    pieces.push(piece)
    length += pieceLength(piece)
    if (length > maxLength) return `${cutBelow(pieces, length, maxLength)}…`
  }
  return pieces.join('')
}

function isJoinerInEmoji(text: string, index: number): boolean {
  JOINER_IN_EMOJI.lastIndex = index
  return JOINER_IN_EMOJI.test(text)
}

function escaped(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`
}

/** Whole pieces only: half an escape would read as something else, and a joiner joins two. */
function cutBelow(pieces: string[], length: number, maxLength: number): string {
  let remaining = length
  while (remaining >= maxLength || pieces.at(-1) === JOINER) {
    const last = pieces.pop()
    if (last === undefined) break
    remaining -= pieceLength(last)
  }
  return pieces.join('')
}

/** In code points. */
function pieceLength(piece: string): number {
  return piece.length === 1 ? 1 : [...piece].length
}
