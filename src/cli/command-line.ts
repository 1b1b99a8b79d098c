import yargs from 'yargs'
import type { Command } from './command.ts'
import { parseDuration } from './duration.ts'
import type { Environment } from './environment.ts'
import { given, outputMode, portNumber, twins, wordCount } from './flag-values.ts'
import { receiveFlags, sendFlags, serveFlags } from './flags.ts'
import { usageError } from './usage-error.ts'

const CODE_IS_VISIBLE =
  'A code on the command line can be seen by other users of this machine (ps) and stays in the ' +
  'history of the shell.'

/**
 * What the words after the program's name ask for. Flags win over their `P2PSHARE_*` twins.
 * Throws ShareError `usage` where they make no sense, with what was probably meant as the hint.
 */
export async function parseCommandLine(
  argv: string[],
  environment: Environment,
  version: string,
): Promise<Command> {
  let command: Command | undefined
  let text = ''
  const parser = yargs()
    .scriptName('p2pshare')
    .usage('Send a file straight from one machine to another, with a short code.')
    .parserConfiguration({
      'camel-case-expansion': false,
      'dot-notation': false,
      'parse-positional-numbers': false,
    })
    .detectLocale(false)
    .command(
      'send <file>',
      'Send a file; prints the code to receive it with',
      (args) =>
        args
          .positional('file', { type: 'string', demandOption: true, describe: 'The file to send' })
          .options(sendFlags)
          .config(twins(sendFlags, environment))
          .example('$0 send holiday.mp4', 'Send a file')
          .example('$0 send backup.tar --words 4 --wait 2h', 'A longer code, a longer wait')
          .epilogue(`${CODE_IS_VISIBLE} P2PSHARE_CODE is --code without that.`),
      (args) => {
        command = {
          name: 'send',
          file: args.file,
          mode: outputMode(args),
          ...given('code', args.code),
          ...given('words', wordCount(args.words)),
          ...given('lanes', args.lanes),
          ...given('compress', args.compress),
          ...given('rendezvous', args.rendezvous),
          ...given('waitMs', args.wait === undefined ? undefined : parseDuration(args.wait)),
        }
      },
    )
    .command(
      'receive [code..]',
      'Receive a file; asks for the code if it is not given',
      (args) =>
        args
          .positional('code', {
            type: 'string',
            array: true,
            describe: 'The code that the sender shows',
          })
          .options(receiveFlags)
          .config(twins(receiveFlags, environment))
          .example('$0 receive', 'Ask for the code; Tab completes its words')
          .example('$0 receive 7-guitar-velvet', 'Save in this directory, after asking')
          .example('$0 receive --yes -o downloads', 'In a script, with the code in P2PSHARE_CODE')
          .epilogue(`${CODE_IS_VISIBLE} Typed at the prompt or in P2PSHARE_CODE it is not.`),
      (args) => {
        const code = args.code?.length ? args.code.join(' ') : environment.flags.get('code')
        command = {
          name: 'receive',
          mode: outputMode(args),
          yes: args.yes === true,
          ...given('code', code),
          ...given('output', args.output),
          ...given('compress', args.compress),
          ...given('rendezvous', args.rendezvous),
          ...given('waitMs', args.wait === undefined ? undefined : parseDuration(args.wait)),
        }
      },
    )
    .command(
      'serve',
      'Run a rendezvous server, which brings senders and receivers together',
      (args) =>
        args
          .options(serveFlags)
          .config(twins(serveFlags, environment))
          .example(
            '$0 serve --port 7342',
            'Then: p2pshare send FILE --rendezvous http://HOST:7342',
          ),
      (args) => {
        command = {
          name: 'serve',
          ...given('host', args.host),
          ...given('port', portNumber(args.port)),
          ...given('trustedProxies', args['trusted-proxy']?.split(',')),
        }
      },
    )
    .demandCommand(1, 'No command was given')
    .strict()
    .example('$0 send holiday.mp4', 'Prints a code, say 7-guitar-velvet')
    .example('$0 receive 7-guitar-velvet', 'Fetches the file on the other machine')
    .epilogue('Flags can be set in the environment too, --wait as P2PSHARE_WAIT.')
    .help()
    .alias('help', 'h')
    .version(version)
    .showHelpOnFail(false)

  let failure: unknown
  await parser.parseAsync(withoutDoubleDash(argv), {}, (error, _args, output) => {
    failure = error
    text = output
  })
  if (failure) throw usageError(failure, argv)
  return command ?? { name: 'print', text }
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
