import { describe, expect, it } from 'vitest'
import { isYes, readEnvironment } from '../../src/cli/environment.ts'
import { createStyle } from '../../src/cli/terminal.ts'
import { FakeOutput } from './fake-streams.ts'

describe('readEnvironment', () => {
  it('takes the flags of its own variables by their names', () => {
    const { flags } = readEnvironment({ P2PSHARE_WAIT: '5m', P2PSHARE_CODE: '7-a', HOME: '/root' })
    expect([...flags]).toEqual([
      ['wait', '5m'],
      ['code', '7-a'],
    ])
  })

  it('counts a variable set to nothing as not set', () => {
    const environment = readEnvironment({ P2PSHARE_CODE: '', NO_COLOR: '' })
    expect(environment.flags.size).toBe(0)
    expect(environment.colour).toBe('terminal')
  })
})

describe('colour', () => {
  const terminal = new FakeOutput(80)
  const pipe = new FakeOutput()

  it.each<[NodeJS.ProcessEnv, onTerminal: boolean, onPipe: boolean]>([
    [{}, true, false],
    [{ TERM: 'xterm-256color' }, true, false],
    [{ NO_COLOR: '1' }, false, false],
    [{ NO_COLOR: '0' }, false, false],
    [{ NO_COLOR: '' }, true, false],
    [{ TERM: 'dumb' }, false, false],
    [{ FORCE_COLOR: '1' }, true, true],
    [{ FORCE_COLOR: 'true' }, true, true],
    [{ FORCE_COLOR: '3', NO_COLOR: '1' }, true, true],
    [{ FORCE_COLOR: '1', TERM: 'dumb' }, true, true],
    [{ FORCE_COLOR: '0' }, false, false],
    [{ FORCE_COLOR: 'false' }, false, false],
    [{ FORCE_COLOR: '' }, true, false],
    [{ FORCE_COLOR: '', NO_COLOR: '1' }, false, false],
  ])('%j: on a terminal %s, without one %s', (variables, onTerminal, onPipe) => {
    const environment = readEnvironment(variables)
    const isColoured = (stream: FakeOutput) =>
      createStyle(stream, environment)('red', 'a') === '\u001b[31ma\u001b[39m'
    expect([terminal, pipe].map(isColoured)).toEqual([onTerminal, onPipe])
  })

  it('does not draw over lines on a dumb terminal', () => {
    expect(readEnvironment({ TERM: 'dumb' }).dumbTerminal).toBe(true)
  })
})

describe('isYes', () => {
  it.each(['1', 'true', 'YES', 'on'])('takes %s for a yes', (text) =>
    expect(isYes(text)).toBe(true),
  )
  it.each(['0', 'false', 'no', 'off', undefined])('takes %s for a no', (text) =>
    expect(isYes(text)).toBe(false),
  )
})
