import yargs, { type Argv, type Options } from 'yargs'
import { type Command, SHELLS } from './command.ts'
import { COMMAND_PAGES, type CommandPage } from './command-pages.ts'
import { parseDuration, parseDurationOrNever } from './duration.ts'
import type { Environment } from './environment.ts'
import {
  codeToReceive,
  configChange,
  detailOf,
  existingChoice,
  given,
  iceServers,
  outputMode,
  outputPath,
  ownCodeOf,
  pathChoice,
  portNumber,
  receiverCount,
  STANDARD_STREAM,
  whatToSend,
  wordCount,
} from './flag-values.ts'
import { doctorFlags, receiveFlags, sendFlags, serveFlags, verifyFlags } from './flags.ts'
import { parseRate } from './rate.ts'
import { flagName, settingsOf } from './settings.ts'
import { usageError } from './usage-error.ts'

const { send, receive, serve, verify, doctor, config, completion } = COMMAND_PAGES

/**
 * What the words after the program's name ask for. Flags win over their `P2PSHARE_*` twins, and those
 * over what is `kept` in the file of settings.
 * Throws ShareError `usage` where they make no sense, with what was probably meant as the hint.
 */
export async function parseCommandLine(
  argv: string[],
  environment: Environment,
  describeVersions: () => Promise<string>,
  kept: ReadonlyMap<string, string> = new Map(),
): Promise<Command> {
  const settings = (flags: Record<string, Options>) =>
    settingsOf(flags, argv, [environment.flags, kept])
  // The parser lays out the help of any command, which takes as long as all the rest of this.
  const withPage = mayAskForHelp(argv) ? withExamples : withoutHelp
  let command: Command | undefined
  let text = ''
  const parser = yargs()
    .scriptName('p2pshare')
    .usage('Send files straight from one machine to another, with a short code.')
    .parserConfiguration({
      'camel-case-expansion': false,
      'dot-notation': false,
      'parse-positional-numbers': false,
    })
    .detectLocale(false)
    .middleware(restoreHyphens, true)
    .command(
      send.usage,
      send.summary,
      (args) =>
        withPage(args, send)
          .positional('path', { type: 'string', array: true, describe: send.words.path })
          .options(sendFlags)
          .config(settings(sendFlags)),
      (args) => {
        command = {
          name: 'send',
          what: whatToSend({ paths: args.path, text: args.text, name: args.name }),
          mode: outputMode(args),
          ...given('detail', detailOf(args)),
          ...given('verify', args.verify || undefined),
          ...given('qr', args.qr || undefined),
          ...ownCodeOf(args),
          ...given('words', wordCount(args.words)),
          ...given('lanes', args.lanes),
          ...receiverCount(args),
          ...given('limitBytesPerSecond', parsed(parseRate, args.limit)),
          ...given('compress', args.compress),
          ...given('exclude', args.exclude?.length ? args.exclude : undefined),
          ...given('gitignore', args.gitignore),
          ...given('follow', args.follow),
          ...given('receipt', args.receipt),
          ...given('rendezvous', args.rendezvous),
          ...given('waitMs', parsed(parseDuration, args.wait)),
          ...given('iceServers', iceServers(args['ice-server'])),
          ...given('only', pathChoice(args)),
          ...given('proxy', environment.proxy),
          ...given('reconnectMs', parsed(parseDurationOrNever, args.reconnect)),
        }
      },
    )
    .command(
      receive.usage,
      receive.summary,
      (args) =>
        withPage(args, receive)
          .positional('code', { type: 'string', array: true, describe: receive.words.code })
          .options(receiveFlags)
          .config(settings(receiveFlags)),
      (args) => {
        const mode = outputMode(args)
        command = {
          name: 'receive',
          mode,
          yes: args.yes === true,
          ...given('detail', detailOf(args)),
          ...given('verify', args.verify || undefined),
          ...given('isNew', args.new),
          ...given('words', wordCount(args.words)),
          ...codeToReceive({
            typed: args.code?.length ? args.code.join(' ') : undefined,
            kept: environment.flags.get('code'),
            file: args['code-file'],
            isFileNamed: argv.some((word) => flagName(word) === 'code-file'),
          }),
          ...given('output', outputPath(args.output, mode)),
          ...given('existing', existingChoice(args)),
          ...given('update', args.update),
          ...given('receipt', args.receipt),
          ...given('limitBytesPerSecond', parsed(parseRate, args.limit)),
          ...given('compress', args.compress),
          ...given('rendezvous', args.rendezvous),
          ...given('waitMs', parsed(parseDuration, args.wait)),
          ...given('iceServers', iceServers(args['ice-server'])),
          ...given('only', pathChoice(args)),
          ...given('proxy', environment.proxy),
          ...given('reconnectMs', parsed(parseDurationOrNever, args.reconnect)),
        }
      },
    )
    .command(
      serve.usage,
      serve.summary,
      (args) => withPage(args, serve).options(serveFlags).config(settings(serveFlags)),
      (args) => {
        command = {
          name: 'serve',
          ...given('host', args.host),
          ...given('port', portNumber(args.port)),
          ...given('trustedProxies', args['trusted-proxy']?.split(',')),
          ...given('stun', args.stun?.length ? args.stun : undefined),
          ...given('turn', args.turn?.length ? args.turn : undefined),
          ...given('turnSecret', args['turn-secret']),
          ...given('relay', args.relay),
          ...given('relayPrivate', args['relay-private']),
        }
      },
    )
    .command(
      verify.usage,
      verify.summary,
      (args) =>
        withPage(args, verify)
          .positional('receipt', {
            type: 'string',
            demandOption: true,
            describe: verify.words.receipt,
          })
          .positional('directory', {
            type: 'string',
            default: '.',
            describe: verify.words.directory,
          })
          .options(verifyFlags)
          .config(settings(verifyFlags)),
      (args) => {
        const { receipt, directory } = args
        command = { name: 'verify', mode: outputMode(args), receipt, directory }
      },
    )
    .command(
      completion.usage,
      completion.summary,
      (args) =>
        withPage(args, completion).positional('shell', {
          choices: SHELLS,
          demandOption: true,
          describe: completion.words.shell,
        }),
      ({ shell }) => {
        command = { name: 'completion', shell }
      },
    )
    .command(
      doctor.usage,
      doctor.summary,
      (args) => withPage(args, doctor).options(doctorFlags).config(settings(doctorFlags)),
      (args) => {
        command = {
          name: 'doctor',
          mode: outputMode(args),
          ...given('with', args.with),
          ...given('words', wordCount(args.words)),
          ...given('waitMs', parsed(parseDuration, args.wait)),
          ...given('verbose', args.verbose),
          ...given('iceServers', iceServers(args['ice-server'])),
          ...given('output', args.output),
          ...given('rendezvous', args.rendezvous),
        }
      },
    )
    .command(
      config.usage,
      config.summary,
      (args) =>
        withPage(args, config)
          .positional('action', { type: 'string', describe: config.words.action })
          .positional('setting', { type: 'string', describe: config.words.setting })
          .positional('value', { type: 'string', array: true, describe: config.words.value }),
      ({ action, setting, value }) => {
        command = { name: 'config', ...configChange(action, setting, value ?? []) }
      },
    )
    .demandCommand(1, 'No command was given')
    .strict()
    .example('$0 send holiday.mp4', 'Prints a code, say 7-guitar-velvet')
    .example('$0 receive 7-guitar-velvet', 'Fetches the file on the other machine')
    .epilogue(
      'Flags can be set in the environment too, --wait as P2PSHARE_WAIT, and for good with p2pshare config.',
    )
    .help()
    .alias('help', 'h')
    .version(argv.includes('--version') ? await describeVersions() : '')
    .showHelpOnFail(false)

  let failure: unknown
  await parser.parseAsync(hyphensHidden(withoutDoubleDash(argv)), {}, (error, _args, output) => {
    failure = error
    text = output
  })
  if (failure) throw usageError(failure, argv)
  return command ?? { name: 'print', text }
}

/** Adds what `--help` tells of a command besides its words and flags. */
function withExamples<Args>(args: Argv<Args>, { examples, note = '' }: CommandPage): Argv<Args> {
  return args.example(examples).epilogue(note)
}

/** Leaves nothing that the help of a command would tell. */
function withoutHelp<Args>(args: Argv<Args>, { words, flags }: CommandPage): Argv<Args> {
  for (const name of ['help', 'version', ...Object.keys({ ...words, ...flags })]) args.hide(name)
  return args.usage('')
}

/** Whether it may be: this is for the parser to say, and a flag with another h in it does no harm. */
function mayAskForHelp(argv: readonly string[]): boolean {
  return argv.some((word) => /^(-.*h|help$)/.test(word))
}

/** What `parse` makes of a flag that was given. */
function parsed<Value>(
  parse: (text: string) => Value,
  text: string | undefined,
): Value | undefined {
  return text === undefined ? undefined : parse(text)
}

/** No word of a command line can be this. */
const HIDDEN_HYPHEN = '\0'

/** The parser drops a hyphen that stands for a path, taking it for the beginning of a flag. */
function hyphensHidden(argv: string[]): string[] {
  return argv.map((word) => (word === STANDARD_STREAM ? HIDDEN_HYPHEN : word))
}

function restoreHyphens(args: Record<string, unknown>): void {
  const restored = (value: unknown) => (value === HIDDEN_HYPHEN ? STANDARD_STREAM : value)
  for (const [name, value] of Object.entries(args)) {
    args[name] = Array.isArray(value) ? value.map(restored) : restored(value)
  }
}

/**
 * The parser does not take words after `--` for those that a command needs. A path may as well
 * begin with `./` as stand behind it, and no code begins with a hyphen.
 */
function withoutDoubleDash(argv: string[]): string[] {
  const end = argv.indexOf('--')
  if (end < 0) return argv
  const words = argv.slice(end + 1).map((word) => (word.startsWith('-') ? `./${word}` : word))
  return [...argv.slice(0, end), ...words]
}
