import { describe, expect, it } from 'vitest'
import { showText } from '../../src/cli/show-text.ts'
import { FakeOutput } from './fake-streams.ts'

function shown(text: string, columns?: number): string {
  const output = new FakeOutput(columns)
  showText(text, output)
  return output.text
}

describe('showText', () => {
  it('hands a text on as it is where a program reads it', () => {
    for (const text of ['a\u001b[2J\r\n\tb', 'no end', 'an end\n', ''])
      expect(shown(text)).toBe(text)
  })

  it('keeps lines and tabs on a terminal, and makes everything else visible', () => {
    expect(shown('a\u001b[2J\r\n\tb\u202e\rc', 80)).toBe('a\\u{1b}[2J\n\tb\\u{202e}\\u{d}c\n')
  })

  it('ends the last line on a terminal, once', () => {
    expect(shown('a', 80)).toBe('a\n')
    expect(shown('a\n', 80)).toBe('a\n')
    expect(shown('a\n\n', 80)).toBe('a\n\n')
  })

  it('cuts nothing off', () => {
    const text = 'x'.repeat(100_000)
    expect(shown(text, 80)).toBe(`${text}\n`)
  })
})
