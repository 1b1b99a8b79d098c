import { describe, expect, it } from 'vitest'
import { COMMAND_PAGES } from '../../src/cli/command-pages.ts'
import { readEnvironment } from '../../src/cli/environment.ts'
import { settingsOf } from '../../src/cli/settings.ts'

const FLAGS = Object.entries(COMMAND_PAGES).flatMap(([command, { flags }]) =>
  Object.keys(flags).map((flag) => ({ command, flag })),
)

describe('the environment', () => {
  it.each(FLAGS)('has a twin of --$flag of $command', ({ command, flag }) => {
    const page = Object.entries(COMMAND_PAGES).find(([name]) => name === command)?.[1]
    const { [flag]: options = {} } = Object(page?.flags)
    const variable = `P2PSHARE_${flag.toUpperCase().replaceAll('-', '_')}`
    const value = options.type === 'boolean' ? 'yes' : options.type === 'number' ? '3' : 'text'
    const environment = readEnvironment({ [variable]: value })
    const expected = options.type === 'boolean' ? true : value
    expect(settingsOf({ [flag]: options }, [], [environment.flags])).toEqual({ [flag]: expected })
    expect(settingsOf({ [flag]: options }, [`--${flag}`, 'other'], [environment.flags])).toEqual({})
  })

  it.each([
    ['--rename', { P2PSHARE_OVERWRITE: '1' }, {}],
    ['--no-skip', { P2PSHARE_OVERWRITE: '1' }, { overwrite: true }],
    ['--code-file', { P2PSHARE_CODE: '7-a-b', P2PSHARE_TO: '7-a-b' }, {}],
    ['--quiet', { P2PSHARE_JSON: '1' }, {}],
  ])('gives way to %s where a command takes one of them', (flag, variables, values) => {
    const flags = { ...COMMAND_PAGES.send.flags, ...COMMAND_PAGES.receive.flags }
    expect(settingsOf(flags, [flag], [readEnvironment(variables).flags])).toEqual(values)
  })
})

it('of two places, what is nearer counts, also where it is another of the same choice', () => {
  const { flags } = COMMAND_PAGES.receive
  const near = new Map([
    ['wait', '5m'],
    ['overwrite', 'yes'],
    ['relay-only', 'no'],
    ['port', '7'],
  ])
  const far = new Map([
    ['wait', '9m'],
    ['words', '3'],
    ['rename', 'yes'],
    ['relay-only', 'yes'],
    ['direct-only', 'yes'],
  ])
  const values = { wait: '5m', overwrite: true, 'relay-only': false }
  expect(settingsOf(flags, [], [near, far])).toEqual({ ...values, words: '3', 'direct-only': true })
  expect(settingsOf(flags, ['--relay-only'], [far])).toEqual({
    wait: '9m',
    words: '3',
    rename: true,
  })
})
