import { describe, expect, it } from 'vitest'
import { readEnvironment } from '../../src/cli/environment.ts'
import { explainError, reportError } from '../../src/cli/report-error.ts'
import { ShareError, toShareError } from '../../src/errors.ts'
import { fakeContext } from './fake-streams.ts'

describe('reportError', () => {
  it('says on standard error what happened and what to do', () => {
    const context = fakeContext()
    reportError(new ShareError('no-path', 'There is no \u001b[2J way'), 'text', context)
    expect(context.stderr.text).toBe(
      'p2pshare: There is no \\u{1b}[2J way.\n' +
        'Try from another network. p2pshare doctor and --verbose tell what stands in the way.\n',
    )
    expect(context.stdout.text).toBe('')
  })

  it('has no empty line where there is nothing to do', () => {
    const context = fakeContext()
    reportError(new ShareError('stopped-sigterm', 'Stopped'), 'quiet', context)
    expect(context.stderr.text).toBe('p2pshare: Stopped.\n')
  })

  it('writes over the ^C of the terminal', () => {
    const context = fakeContext(80)
    reportError(new ShareError('stopped-sigint', 'Stopped'), 'text', context)
    expect(context.stderr.text).toBe('\r\u001b[Kp2pshare: Stopped.\n')
  })

  it('has colour on a terminal only, and not under NO_COLOR', () => {
    const coloured = { ...fakeContext(80), environment: readEnvironment({}) }
    reportError(new ShareError('usage', 'No'), 'text', coloured)
    expect(coloured.stderr.text).toContain('\u001b[31mp2pshare:\u001b[39m No.')
    for (const context of [
      fakeContext(80),
      { ...fakeContext(), environment: readEnvironment({}) },
    ]) {
      reportError(new ShareError('usage', 'No'), 'text', context)
      expect(context.stderr.text).toContain('p2pshare: No.\n')
      expect(context.stderr.text).not.toContain('\u001b')
    }
  })

  it('writes an event in json mode, and nothing to standard error', () => {
    const context = fakeContext(80)
    reportError(new ShareError('wrong-code', 'The code was wrong'), 'json', context)
    expect(JSON.parse(context.stdout.text)).toMatchObject({
      v: 1,
      event: 'error',
      code: 'wrong-code',
      message: 'The code was wrong',
      hint: 'The code is used up. Send again for a new one.',
      exit: 3,
    })
    expect(context.stderr.text).toBe('')
  })
})

describe('explainError', () => {
  const cause = new Error('connect ECONNREFUSED\u001b[2J', { cause: new Error('No way') })
  const error = new ShareError('no-path', 'No way', { cause })

  it('names the causes that say something new, made printable', () => {
    const context = fakeContext()
    explainError(error, false, context)
    expect(context.stderr.text).toBe('Because: connect ECONNREFUSED\\u{1b}[2J\nBecause: No way\n')
  })

  it('has stacks where they are asked for', () => {
    const context = fakeContext()
    explainError(toShareError(new TypeError('x is not a function')), true, context)
    expect(context.stderr.text).toMatch(/Caused by: TypeError: x is not a function\n {4}at /)
  })
})
