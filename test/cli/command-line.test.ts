import { describe, expect, it, vi } from 'vitest'
import { parseCommandLine } from '../../src/cli/command-line.ts'
import { readEnvironment } from '../../src/cli/environment.ts'
import { toShareError } from '../../src/errors.ts'

const parse = (line: string, variables: NodeJS.ProcessEnv = {}) =>
  parseCommandLine(line.split(' ').filter(Boolean), readEnvironment(variables), async () => '1.2.3')

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
    ['send a.zip', { name: 'send', what: { paths: ['a.zip'] }, mode: 'text' }],
    ['send 0x10 --words 4', { name: 'send', what: { paths: ['0x10'] }, mode: 'text', words: 4 }],
    [
      'send a --limit 5M',
      { name: 'send', what: { paths: ['a'] }, mode: 'text', limitBytesPerSecond: 5_000_000 },
    ],
    ['send a --lanes 4', { name: 'send', what: { paths: ['a'] }, mode: 'text', lanes: 4 }],
    [
      'send a --no-compress',
      { name: 'send', what: { paths: ['a'] }, mode: 'text', compress: false },
    ],
    [
      'send a --wait 5m --quiet',
      { name: 'send', what: { paths: ['a'] }, mode: 'quiet', waitMs: 300_000 },
    ],
    [
      'send a --rendezvous x --json',
      { name: 'send', what: { paths: ['a'] }, mode: 'json', rendezvous: 'x' },
    ],
    ['send a --json --quiet', { name: 'send', what: { paths: ['a'] }, mode: 'json' }],
    [
      'send a --wait 1m --wait 2m',
      { name: 'send', what: { paths: ['a'] }, mode: 'text', waitMs: 120_000 },
    ],
    [
      'send a --ice-server stun:a --ice-server turn:b:443?transport=tcp,anna,vel,vet --relay-only',
      {
        name: 'send',
        what: { paths: ['a'] },
        mode: 'text',
        iceServers: [
          { urls: ['stun:a'] },
          { urls: ['turn:b:443?transport=tcp'], username: 'anna', credential: 'vel,vet' },
        ],
        only: 'relay',
      },
    ],
    [
      'receive 7-a-b --yes --direct-only',
      { name: 'receive', mode: 'text', yes: true, code: '7-a-b', only: 'direct' },
    ],
    ['send -- -a', { name: 'send', what: { paths: ['./-a'] }, mode: 'text' }],
    ['send a b/c', { name: 'send', what: { paths: ['a', 'b/c'] }, mode: 'text' }],
    ['send -', { name: 'send', what: { inputName: 'stdin' }, mode: 'text' }],
    ['send - --name x.tar', { name: 'send', what: { inputName: 'x.tar' }, mode: 'text' }],
    ['send --text -', { name: 'send', what: { text: '-' }, mode: 'text' }],
    ['send -- -', { name: 'send', what: { paths: ['./-'] }, mode: 'text' }],
    ['send --text hello', { name: 'send', what: { text: 'hello' }, mode: 'text' }],
    ['send --text=-x', { name: 'send', what: { text: '-x' }, mode: 'text' }],
    [
      'send --exclude *.o a --exclude tmp/ --gitignore --follow',
      {
        name: 'send',
        what: { paths: ['a'] },
        mode: 'text',
        exclude: ['*.o', 'tmp/'],
        gitignore: true,
        follow: true,
      },
    ],
    [
      'send a --receipt r.json --reconnect 0',
      {
        name: 'send',
        what: { paths: ['a'] },
        mode: 'text',
        receipt: 'r.json',
        reconnectMs: 0,
      },
    ],
    ['receive', { name: 'receive', mode: 'text', yes: false }],
    ['receive --output=-', { name: 'receive', mode: 'text', yes: false, output: '-' }],
    ['receive -o -', { name: 'receive', mode: 'text', yes: false, output: '-' }],
    [
      'receive --overwrite --update --reconnect 5m --receipt r.json',
      {
        name: 'receive',
        mode: 'text',
        yes: false,
        existing: 'overwrite',
        update: true,
        reconnectMs: 300_000,
        receipt: 'r.json',
      },
    ],
    ['receive --rename', { name: 'receive', mode: 'text', yes: false, existing: 'rename' }],
    ['receive --skip -y', { name: 'receive', mode: 'text', yes: true, existing: 'skip' }],
    ['verify r', { name: 'verify', mode: 'text', receipt: 'r', directory: '.' }],
    ['verify r in --json', { name: 'verify', mode: 'json', receipt: 'r', directory: 'in' }],
    ['verify 007 -- -d', { name: 'verify', mode: 'text', receipt: '007', directory: './-d' }],
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
    ['serve --relay --relay-private', { name: 'serve', relay: [], relayPrivate: true }],
    ['serve --relay 11.0.0.1', { name: 'serve', relay: ['11.0.0.1'] }],
    [
      'serve --relay 11.0.0.1/10.0.0.1 --relay 2a00::1 --port 0',
      { name: 'serve', port: 0, relay: ['11.0.0.1/10.0.0.1', '2a00::1'] },
    ],
    ['serve --no-relay', { name: 'serve' }],
    [
      'serve --stun stun:a --turn turn:a --turn turns:b --turn-secret x --turn-secret y',
      { name: 'serve', stun: ['stun:a'], turn: ['turn:a', 'turns:b'], turnSecret: 'y' },
    ],
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

  it('takes the relays of a server from the environment', async () => {
    const variables = { P2PSHARE_TURN: 'turn:a\nturn:b', P2PSHARE_TURN_SECRET: 'secret' }
    const relays = { turn: ['turn:a', 'turn:b'], turnSecret: 'secret' }
    expect(await parse('serve', variables)).toEqual({ name: 'serve', ...relays })
    const own = await parse('serve', { P2PSHARE_RELAY: '1', P2PSHARE_RELAY_PRIVATE: 'yes' })
    expect(own).toEqual({ name: 'serve', relay: [], relayPrivate: true })
    const there = await parse('serve', { P2PSHARE_RELAY: '11.0.0.1' })
    expect(there).toEqual({ name: 'serve', relay: ['11.0.0.1'] })
    expect(await parse('send x', variables)).not.toHaveProperty('turnSecret')
  })

  it('takes the new flags from the environment, too', async () => {
    const variables = {
      P2PSHARE_EXCLUDE: '*.o\ntmp/\n',
      P2PSHARE_GITIGNORE: '1',
      P2PSHARE_RECONNECT: '0',
      P2PSHARE_RECEIPT: 'r.json',
      P2PSHARE_NAME: 'all.tar',
    }
    expect(await parse('send -', variables)).toEqual({
      name: 'send',
      what: { inputName: 'all.tar' },
      mode: 'text',
      exclude: ['*.o', 'tmp/'],
      gitignore: true,
      reconnectMs: 0,
      receipt: 'r.json',
    })
    const receiving = { P2PSHARE_OUTPUT: '-', P2PSHARE_SKIP: 'yes', P2PSHARE_UPDATE: '1' }
    expect(await parse('receive', receiving)).toMatchObject({
      output: '-',
      existing: 'skip',
      update: true,
    })
    expect(await parse('receive --no-skip --rename', receiving)).toMatchObject({
      existing: 'rename',
    })
    expect(await parse('send', { P2PSHARE_TEXT: 'a\nb' })).toMatchObject({ what: { text: 'a\nb' } })
  })

  it('takes ICE servers from the environment, a line each', async () => {
    const variables = {
      P2PSHARE_ICE_SERVERS: 'stun:a\nturn:b,anna,velvet\n',
      P2PSHARE_RELAY_ONLY: '1',
    }
    const iceServers = [
      { urls: ['stun:a'] },
      { urls: ['turn:b'], username: 'anna', credential: 'velvet' },
    ]
    expect(await parse('receive 7-a-b', variables)).toMatchObject({ iceServers, only: 'relay' })
    expect(await parse('send a --ice-server stun:c', variables)).toMatchObject({
      iceServers: [{ urls: ['stun:c'] }],
    })
  })

  it('leaves variables alone that the command has no flag for', async () => {
    const variables = { P2PSHARE_WORDS: '3', P2PSHARE_DEBUG: '1', P2PSHARE_COLOUR: 'no' }
    expect(await parse('receive 7-a-b', variables)).toMatchObject({ code: '7-a-b' })
    expect(await parse('send a --quiet', { P2PSHARE_JSON: '0' })).toMatchObject({ mode: 'quiet' })
  })

  it.each([
    'send -h',
    'send --h',
    'send help',
    'send --json help',
    'send a -vh',
    'send a --help=true',
  ])('tells all of the help for "%s"', async (line) =>
    expect(await parse(line)).toEqual(await parse('send --help')),
  )

  it('lays out no help for a command that runs', async () => {
    // The parser measures every text that it lays out.
    const measured = vi.spyOn(Intl.Segmenter.prototype, 'segment')
    await parse('send a --json')
    expect(measured).not.toHaveBeenCalled()
    await parse('send --help')
    expect(measured).toHaveBeenCalled()
    measured.mockRestore()
  })

  it('does not show the code of the environment in the help', async () => {
    const help = await parse('send --help', { P2PSHARE_CODE: '7-secretsecret' })
    expect(JSON.stringify(help)).not.toContain('secretsecret')
  })

  it.each(['--help', 'send --help', 'receive --help', 'serve --help', 'verify --help'])(
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
    ['send a - b', 'Standard input (-) is sent alone'],
    ['send a --text b', 'A text is sent alone'],
    ['send a --name b', '--name is for standard input'],
    ['send --text a --name b', '--name is for standard input'],
    ['send a --reconnect 0.2s', 'is not between'],
    ['receive --overwrite --skip', '--overwrite and --skip contradict each other'],
    ['receive -o - --json', 'Standard output cannot have both'],
    ['verify', 'No receipt was named. Run p2pshare verify --help'],
    ['verfy r', 'Did you mean p2pshare verify?'],
    ['verify a b c', 'Unknown argument: c. Run p2pshare verify --help'],
    ['send a --wrods 3', 'Unknown argument: wrods. Did you mean --words?'],
    ['send a -x', 'Unknown argument: x. Run p2pshare send --help'],
    ['receive 7-a-b --outptu x', 'Did you mean --output?'],
    ['--json send a', 'Put send before its flags.'],
    ['send a --words', 'Not enough arguments following: words'],
    ['send a --words 9', 'A code has 2 to 8 words'],
    ['send a --words many', 'A code has 2 to 8 words'],
    ['send a --wait soon', '"soon" is not a duration. Write it like'],
    ['serve --port 65536', 'A port is a number from 0 to 65535'],
    ['serve -', 'Unknown argument: -. Run p2pshare serve --help'],
    ['serve x', 'Unknown argument: x. Run p2pshare serve --help'],
  ])('refuses "%s" and says what may have been meant', async (line, message) => {
    expect(await refusal(line)).toContain(message)
  })

  it('refuses what the environment says as it would refuse the flag', async () => {
    expect(await refusal('send a', { P2PSHARE_WORDS: '42' })).toContain('2 to 8 words')
    expect(
      await refusal('send a', { P2PSHARE_DIRECT_ONLY: '1', P2PSHARE_RELAY_ONLY: '1' }),
    ).toContain('--direct-only and --relay-only contradict each other')
  })
})
