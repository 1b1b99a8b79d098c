import { describe, expect, it } from 'vitest'
import { parseCommandLine } from '../../src/cli/command-line.ts'
import { readEnvironment } from '../../src/cli/environment.ts'
import { toShareError } from '../../src/errors.ts'

const parse = (line: string, variables: NodeJS.ProcessEnv = {}) =>
  parseCommandLine(line.split(' ').filter(Boolean), readEnvironment(variables), '1.2.3')

async function refusal(line: string, variables?: NodeJS.ProcessEnv): Promise<string> {
  const error = await parse(line, variables).then(
    () => expect.unreachable(),
    (thrown: unknown) => toShareError(thrown),
  )
  expect(error.code).toBe('usage')
  return `${error.message}. ${error.hint}`
}

describe('parseCommandLine', () => {
  it.each([
    ['send a.zip', { name: 'send', file: 'a.zip', mode: 'text' }],
    ['send 0x10 --words 4', { name: 'send', file: '0x10', mode: 'text', words: 4 }],
    ['send a --lanes 4', { name: 'send', file: 'a', mode: 'text', lanes: 4 }],
    ['send a --no-compress', { name: 'send', file: 'a', mode: 'text', compress: false }],
    ['send a --wait 5m --quiet', { name: 'send', file: 'a', mode: 'quiet', waitMs: 300_000 }],
    ['send a --rendezvous x --json', { name: 'send', file: 'a', mode: 'json', rendezvous: 'x' }],
    ['send a --json --quiet', { name: 'send', file: 'a', mode: 'json' }],
    ['send a --wait 1m --wait 2m', { name: 'send', file: 'a', mode: 'text', waitMs: 120_000 }],
    ['send -- -a', { name: 'send', file: './-a', mode: 'text' }],
    ['receive', { name: 'receive', mode: 'text', yes: false }],
    [
      'receive 7-a-b -y -o x',
      { name: 'receive', mode: 'text', yes: true, code: '7-a-b', output: 'x' },
    ],
    [
      'receive 7 guitar velvet',
      { name: 'receive', mode: 'text', yes: false, code: '7 guitar velvet' },
    ],
    ['serve', { name: 'serve' }],
    ['serve --host ::1 --port 0', { name: 'serve', host: '::1', port: 0 }],
  ])('reads "%s"', async (line, command) => expect(await parse(line)).toEqual(command))

  it('takes from the environment what the flags do not say', async () => {
    const variables = { P2PSHARE_WAIT: '2m', P2PSHARE_YES: '1', P2PSHARE_CODE: '7-a-b' }
    expect(await parse('receive', variables)).toEqual({
      name: 'receive',
      mode: 'text',
      yes: true,
      code: '7-a-b',
      waitMs: 120_000,
    })
    expect(await parse('receive 8-c-d --wait 3m --no-yes', variables)).toEqual({
      name: 'receive',
      mode: 'text',
      yes: false,
      code: '8-c-d',
      waitMs: 180_000,
    })
  })

  it('leaves variables alone that the command has no flag for', async () => {
    const variables = { P2PSHARE_WORDS: '3', P2PSHARE_DEBUG: '1', P2PSHARE_COLOUR: 'no' }
    expect(await parse('receive 7-a-b', variables)).toMatchObject({ code: '7-a-b' })
    expect(await parse('send a --quiet', { P2PSHARE_JSON: '0' })).toMatchObject({ mode: 'quiet' })
  })

  it('does not show the code of the environment in the help', async () => {
    const help = await parse('send --help', { P2PSHARE_CODE: '7-secretsecret' })
    expect(JSON.stringify(help)).not.toContain('secretsecret')
  })

  it.each(['--help', 'send --help', 'receive --help', 'serve --help'])(
    'has help with an example for "%s"',
    async (line) => {
      const help = await parse(line)
      expect(help).toMatchObject({ name: 'print', text: expect.stringContaining('Examples:') })
    },
  )

  it('warns of codes on the command line', async () => {
    for (const line of ['send --help', 'receive --help']) {
      const help = await parse(line)
      expect(help).toMatchObject({ text: expect.stringMatching(/\(ps\).*P2PSHARE_CODE/s) })
    }
  })

  it('says its version', async () => {
    expect(await parse('--version')).toEqual({ name: 'print', text: '1.2.3' })
  })

  it.each([
    ['', 'No command was given. Send a file with p2pshare send FILE'],
    ['package.json', 'is not a command. To send that file, run: p2pshare send package.json'],
    ['7-guitar-velvet', 'is not a command. To receive with that code, run: p2pshare receive 7-gui'],
    ['7-a-b@10.0.0.1:7342', 'To receive with that code, run: p2pshare receive 7-a-b@10.0.0.1:7342'],
    ['sned a', '"sned" is not a command. Did you mean p2pshare send?'],
    ['recieve a', '"recieve" is not a command. Did you mean p2pshare receive?'],
    ['constructor', '"constructor" is not a command. Run p2pshare --help'],
    ['send', 'No file was named. Run p2pshare send --help'],
    ['send a b', 'Unknown argument: b. One file is sent at a time'],
    ['send a --wrods 3', 'Unknown argument: wrods. Did you mean --words?'],
    ['send a -x', 'Unknown argument: x. Run p2pshare send --help'],
    ['receive 7-a-b --outptu x', 'Did you mean --output?'],
    ['--json send a', 'Put send before its flags.'],
    ['send a --words', 'Not enough arguments following: words'],
    ['send a --words 9', 'A code has 2 to 8 words'],
    ['send a --words many', 'A code has 2 to 8 words'],
    ['send a --wait soon', '"soon" is not a duration. Write it like'],
    ['serve --port 65536', 'A port is a number from 0 to 65535'],
    ['serve x', 'Unknown argument: x. Run p2pshare serve --help'],
  ])('refuses "%s" and says what may have been meant', async (line, message) => {
    expect(await refusal(line)).toContain(message)
  })

  it('refuses what the environment says as it would refuse the flag', async () => {
    expect(await refusal('send a', { P2PSHARE_WORDS: '42' })).toContain('2 to 8 words')
  })
})
