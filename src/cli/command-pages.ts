import type { Options } from 'yargs'
import { SHELLS } from './command.ts'
import { doctorFlags, receiveFlags, sendFlags, serveFlags, verifyFlags } from './flags.ts'
import { SETTING_NAMES } from './setting-names.ts'

/** What is told of a command: by its `--help`, in the manual, and to shells that complete it. */
export interface CommandPage {
  /** Its name, and what follows it. */
  usage: string
  summary: string
  /** What each of the words after its name is. */
  words: Record<string, string>
  /** What those can be, where there is no other. */
  choices?: readonly string[]
  flags: Record<string, Options>
  /** Commands, with `$0` for the program, and what each does. */
  examples: [command: string, purpose: string][]
  note?: string
}

const CODE_IS_VISIBLE =
  'A code on the command line can be seen by other users of this machine (ps) and stays in the ' +
  'history of the shell.'

/** All commands, by name, in the order in which they are told of. */
export const COMMAND_PAGES = {
  send: {
    usage: 'send [path..]',
    summary: 'Send files, directories, standard input (-) or a text; prints the code for it',
    words: { path: 'What to send: files and directories, or - for standard input' },
    flags: sendFlags,
    examples: [
      ['$0 send photos notes.txt', 'Send a directory and a file'],
      ['tar c . | $0 send - --name all.tar', 'Send what a command writes'],
      ['$0 send --text "see you at 8"', 'Send a line of text'],
      ['$0 send backup.tar --words 4 --wait 2h', 'A longer code, a longer wait'],
      ['$0 send exam.pdf --receivers 24', 'The same code for a whole class'],
      ['$0 send backup.tar --to 7-guitar-velvet', 'To a code that receive --new has made'],
    ],
    note: `${CODE_IS_VISIBLE} P2PSHARE_CODE is --code without that, P2PSHARE_TO is --to.`,
  },
  receive: {
    usage: 'receive [code..]',
    summary: 'Receive what was sent; asks for the code if it is not given',
    words: { code: 'The code that the sender shows; with --new, one of your own' },
    flags: receiveFlags,
    examples: [
      ['$0 receive', 'Ask for the code; Tab completes its words'],
      ['$0 receive 7-guitar-velvet', 'Save in this directory, after asking'],
      ['$0 receive --yes -o downloads', 'In a script, with the code in P2PSHARE_CODE'],
      ['$0 receive -o - | tar x', 'Hand it to a command'],
      ['$0 receive --new', 'Make the code, and wait for somebody to send to it'],
    ],
    note: `${CODE_IS_VISIBLE} Typed at the prompt or in P2PSHARE_CODE it is not.`,
  },
  serve: {
    usage: 'serve',
    summary: 'Run a rendezvous server, which brings senders and receivers together',
    words: {},
    flags: serveFlags,
    examples: [
      ['$0 serve --port 7342', 'Then: p2pshare send FILE --rendezvous http://HOST:7342'],
      ['$0 serve --relay', 'Also a relay, for machines that cannot reach each other'],
    ],
    note:
      'A secret on the command line can be seen by other users of this machine (ps); in ' +
      'P2PSHARE_TURN_SECRET it is not.',
  },
  verify: {
    usage: 'verify <receipt> [directory]',
    summary: 'Compare files with the receipt of their transfer',
    words: {
      receipt: 'What --receipt wrote',
      directory: 'Where the files were saved, or sent from',
    },
    flags: verifyFlags,
    examples: [['$0 verify receipt.json downloads', 'Status 7 if anything differs']],
  },
  doctor: {
    usage: 'doctor',
    summary: 'Check whether a transfer would work from this machine, and say what to do if not',
    words: {},
    flags: doctorFlags,
    examples: [
      ['$0 doctor', 'Check this machine and its network'],
      ['$0 doctor --rendezvous https://share.example.org', 'Check the way to a server too'],
      ['$0 doctor --with', 'Check the way to another machine, which is told a code'],
      ['$0 doctor --with 7-guitar-velvet', 'On that other machine'],
    ],
  },
  config: {
    usage: 'config [action] [setting] [value..]',
    summary: 'Show or change the settings of this user: flags that are always given',
    words: {
      action: 'set or unset; without it, all that is set is shown, with where it comes from',
      setting: 'The name of a flag, such as wait for --wait',
      value: 'Its value, as the flag has it; yes or no for one that has none',
    },
    choices: ['set', 'unset', ...SETTING_NAMES],
    flags: {},
    examples: [
      ['$0 config', 'Where the file is, and what is set'],
      ['$0 config set rendezvous https://share.example.org', 'Always meet at this server'],
      ['$0 config set compress no', 'As --no-compress'],
      ['$0 config unset rendezvous', 'No more'],
    ],
    note: 'Flags and the environment come before these settings. Codes and secrets are not kept.',
  },
  completion: {
    usage: 'completion <shell>',
    summary: 'Print what lets bash, zsh or fish complete commands, flags and the words of a code',
    words: { shell: 'Which shell' },
    choices: SHELLS,
    flags: {},
    examples: [
      ['source <($0 completion bash)', 'In this shell; for all, write it to the file it names'],
    ],
  },
} as const satisfies Record<string, CommandPage>

/** The page of the command that is called `name`, if there is one. */
export function commandPage(name: string): CommandPage | undefined {
  return Object.hasOwn(COMMAND_PAGES, name)
    ? COMMAND_PAGES[name as keyof typeof COMMAND_PAGES]
    : undefined
}
