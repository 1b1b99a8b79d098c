import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ShareError } from '../../src/errors.ts'
import { assertSafeName } from '../../src/files/safe-name.ts'
import { isPrintable } from '../../src/printable.ts'
import { SAFE_NAMES, UNSAFE_NAMES } from './names.ts'

describe('assertSafeName', () => {
  it.each(SAFE_NAMES)('takes %j as it is', (name) => {
    expect(assertSafeName(name)).toBe(name)
  })

  it.each(UNSAFE_NAMES)('refuses %j and shows it escaped', (name) => {
    try {
      assertSafeName(name)
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(ShareError)
      if (!(thrown instanceof ShareError)) return
      expect(thrown.code).toBe('unsafe-name')
      expect(isPrintable(thrown.message)).toBe(true)
      expect(thrown.hint).toContain('--output')
      return
    }
    expect.fail('was taken')
  })

  it('refuses what has a separator or an unprintable character anywhere in it', () => {
    const anything = fc.string({ unit: 'grapheme', maxLength: 20 })
    const poison = fc.constantFrom(
      '/',
      '\\',
      ':',
      '\0',
      '\n',
      '\x1b',
      '\x9b',
      '\u202e',
      '\u200b',
      '\ud800',
    )
    fc.assert(
      fc.property(anything, poison, anything, (before, dangerous, after) => {
        expect(() => assertSafeName(before + dangerous + after)).toThrow(ShareError)
      }),
    )
  })
})
