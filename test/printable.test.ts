import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_PRINTABLE_LENGTH } from '../src/limits.ts'
import { isPrintable, printable } from '../src/printable.ts'

describe('printable', () => {
  it.each([
    ['report.pdf', 'report.pdf'],
    ['Résumé – 日本語 🎉 ❤️.txt', 'Résumé – 日本語 🎉 ❤️.txt'],
    ['back\\slash "quotes"', 'back\\slash "quotes"'],
    ['family 👨‍👩‍👧‍👦, rainbow 🏳️‍🌈, runner 🏃🏽‍♀️', 'family 👨‍👩‍👧‍👦, rainbow 🏳️‍🌈, runner 🏃🏽‍♀️'],
    ['🏴󠁧󠁢󠁥󠁮󠁧󠁿 🏴󠁧󠁢󠁳󠁣󠁴󠁿 🏴󠁧󠁢󠁷󠁬󠁳󠁿', '🏴󠁧󠁢󠁥󠁮󠁧󠁿 🏴󠁧󠁢󠁳󠁣󠁴󠁿 🏴󠁧󠁢󠁷󠁬󠁳󠁿'],
    ['', ''],
  ])('keeps %j', (text, shown) => {
    expect(printable(text)).toBe(shown)
    expect(isPrintable(text)).toBe(true)
  })

  it.each([
    ['NUL', 'a\0b', 'a\\u{0}b'],
    ['a line break', 'a\r\nb', 'a\\u{d}\\u{a}b'],
    ['an escape sequence', '\x1b[31mred', '\\u{1b}[31mred'],
    ['a hyperlink', '\x1b]8;;http://x\x07', '\\u{1b}]8;;http://x\\u{7}'],
    ['DEL', '\x7f', '\\u{7f}'],
    ['a C1 control', '\x9b31m', '\\u{9b}31m'],
    ['a bidi override', 'exe\u202Egpj', 'exe\\u{202e}gpj'],
    ['a bidi isolate', '\u2066x\u2069', '\\u{2066}x\\u{2069}'],
    ['a zero-width space', 'a\u200Bb', 'a\\u{200b}b'],
    ['a byte order mark', '\uFEFFa', '\\u{feff}a'],
    ['a line separator', 'a\u2028b', 'a\\u{2028}b'],
    ['a lone surrogate', 'a\uD83Db', 'a\\u{d83d}b'],
    ['a joiner between letters', 'a\u200Db', 'a\\u{200d}b'],
    ['a joiner alone', '\u200D', '\\u{200d}'],
    ['a joiner before nothing', '👨\u200D', '👨\\u{200d}'],
    ['a joiner after nothing', '\u200D👨', '\\u{200d}👨'],
    ['a joiner before a letter', '👨\u200Da', '👨\\u{200d}a'],
    ['two joiners', '👨\u200D\u200D👨', '👨\\u{200d}\\u{200d}👨'],
    ['a joiner after two selectors', '👨\uFE0F\uFE0F\u200D👨', '👨\uFE0F\uFE0F\\u{200d}👨'],
    ['tags of no flag', '🏴\u{E0067}\u{E007F}', '🏴\\u{e0067}\\u{e007f}'],
    ['a tag character', '\u{E0041}', '\\u{e0041}'],
    ['an invisible filler', '\u3164', '\\u{3164}'],
  ])('escapes %s', (_what, text, shown) => {
    expect(printable(text)).toBe(shown)
    expect(isPrintable(text)).toBe(false)
  })

  it('cuts long text with an ellipsis', () => {
    expect(printable('x'.repeat(MAX_PRINTABLE_LENGTH))).toHaveLength(MAX_PRINTABLE_LENGTH)
    const cut = printable('x'.repeat(10_000_000))
    expect(cut).toHaveLength(MAX_PRINTABLE_LENGTH)
    expect(cut.endsWith('x…')).toBe(true)
  })

  it('never cuts an escape or a character in two', () => {
    expect(printable('ab\x1bcd', 6)).toBe('ab…')
    expect(printable('🎉🎉🎉🎉', 3)).toBe('🎉🎉…')
    expect(printable('a👨‍👩‍👧', 4)).toBe('a👨…')
    expect(printable('a🏴󠁧󠁢󠁥󠁮󠁧󠁿', 7)).toBe('a…')
  })

  it('never lets an unprintable character through and never exceeds its bound', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.string({ unit: fc.constantFrom('\x1b', '\u202e', '\ud800', '\u200d', '🎉', 'a') }),
        fc.integer({ min: 1, max: 40 }),
        (any, nasty, maxLength) => {
          for (const text of [any, nasty, any + nasty]) {
            const shown = printable(text, maxLength)
            expect(isPrintable(shown)).toBe(true)
            expect([...shown].length).toBeLessThanOrEqual(maxLength)
          }
        },
      ),
    )
  })
})
