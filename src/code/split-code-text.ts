/** What phones, chat programs and word processors make of a hyphen, and blanks. */
const SEPARATORS = /[\s\-\u2010-\u2015\u2212\uFE58\uFE63\uFF0D]+/u

/** Direction marks, zero-width characters and soft hyphens that come along when text is copied. */
const INVISIBLE = /\p{Cf}/gu

/** The parts of a code in lower case, cut at hyphens and blanks of all kinds; none of them empty. */
export function splitCodeText(text: string): string[] {
  const parts = text.replace(INVISIBLE, '').toLowerCase().split(SEPARATORS)
  return parts.filter((part) => part !== '')
}
