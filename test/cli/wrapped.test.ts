import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wrapped } from '../../src/cli/wrapped.ts'
import { FakeOutput } from './fake-streams.ts'

describe('wrapped', () => {
  it('breaks long lines between words on a terminal', () => {
    const text = 'Connected: direct over UDP, under 1 ms round trip.'
    expect(wrapped(text, new FakeOutput(40))).toBe(
      'Connected: direct over UDP, under 1 ms\nround trip.',
    )
    expect(wrapped(text, new FakeOutput(80))).toBe(text)
    expect(wrapped(text, new FakeOutput())).toBe(text)
  })

  it('leaves commands whole, and words that are too long', () => {
    const text = '  p2pshare receive 2204-tortoise-mosquito\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaa b'
    expect(wrapped(text, new FakeOutput(20))).toBe(
      '  p2pshare receive 2204-tortoise-mosquito\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\nb',
    )
  })

  it('counts no colours', () => {
    expect(wrapped('\u001b[31mp2pshare:\u001b[39m no', new FakeOutput(13))).not.toContain('\n')
  })

  it('changes nothing but blanks, and keeps lines of short words short', () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,9}$/), { minLength: 1 })
    fc.assert(
      fc.property(words, fc.integer({ min: 20, max: 100 }), (list, columns) => {
        const text = wrapped(list.join(' '), new FakeOutput(columns))
        expect(text.replaceAll('\n', ' ')).toBe(list.join(' '))
        for (const line of text.split('\n')) expect(line.length).toBeLessThan(columns)
      }),
    )
  })
})
