import { describe, expect, it } from 'vitest'
import { isYes, readEnvironment } from '../../src/cli/environment.ts'

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
    expect(environment.colour).toBe(true)
  })

  it('has no colour under NO_COLOR or on a dumb terminal', () => {
    expect(readEnvironment({ NO_COLOR: '1' }).colour).toBe(false)
    expect(readEnvironment({ TERM: 'dumb' })).toMatchObject({ colour: false, dumbTerminal: true })
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
