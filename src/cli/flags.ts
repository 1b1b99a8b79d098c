import type { Options } from 'yargs'
import {
  MAX_LANES,
  MAX_RECEIVERS,
  MAX_WORDS,
  MIN_WORDS,
  WORDS_AT_TERMINAL,
  WORDS_IN_SCRIPTS,
} from '../limits.ts'
import { isYes } from './environment.ts'

/** What standard input is called where nobody says otherwise. */
export const INPUT_NAME = 'stdin'

/** A flag given twice: the later one counts, so that an alias of the shell can be overridden. */
function last<Value>(value: Value | Value[] | undefined): Value | undefined {
  return Array.isArray(value) ? value.at(-1) : value
}

/** A flag that may be given several times; in the environment, a line for each. */
function all(value: string | string[] | undefined): string[] | undefined {
  return [value ?? []].flat().flatMap((text) => text.split('\n').filter(Boolean))
}

/** A flag that may stand alone, or be given several addresses as `all` is. */
function addresses(value: string | string[] | false | undefined): string[] | undefined {
  if (value === undefined || value === false) return undefined
  const alone = typeof value === 'string' && isYes(value)
  return alone ? [] : all(value)
}

/** Whether a flag with `options` may be given several times, each with a value that counts. */
export function mayRepeat({ coerce }: Options): boolean {
  return coerce === all || coerce === addresses
}

const wait = {
  type: 'string',
  requiresArg: true,
  coerce: last<string>,
  describe: 'How long to wait for the other side: 90s, 10m, 2h',
} as const
const rendezvous = {
  type: 'string',
  requiresArg: true,
  coerce: last<string>,
  describe: 'The rendezvous server (default: this machine or the local network)',
} as const
const compress = {
  type: 'boolean',
  describe: 'Compress on the way where that is faster; --no-compress never does',
} as const
const limit = {
  type: 'string',
  requiresArg: true,
  coerce: last<string>,
  describe: 'Stay below this rate: 500k, 5M, 2MiB a second',
} as const
const reconnect = {
  type: 'string',
  requiresArg: true,
  coerce: last<string>,
  describe: 'How long to try again after the connection is lost (default: 2m); 0 never does',
} as const
const iceServer = {
  type: 'string',
  requiresArg: true,
  coerce: all,
  describe:
    'STUN or TURN server: URL[,user,password]; may be repeated (default: of the rendezvous)',
} as const
const directOnly = {
  type: 'boolean',
  describe: 'Connect straight to the other side or not at all',
} as const
const relayOnly = {
  type: 'boolean',
  describe: 'Connect by a relay or not at all; keeps addresses from the other side',
} as const
const receipt = {
  type: 'string',
  requiresArg: true,
  coerce: last<string>,
  describe: 'Write down there what was transferred, for p2pshare verify',
} as const
const verify = {
  type: 'boolean',
  describe: 'Compare words with the other side before anything is sent',
} as const
const verbose = {
  type: 'boolean',
  describe: 'Explain on standard error what happens: who is asked, which ways are tried',
} as const
const debug = {
  type: 'boolean',
  describe: 'The same in full, with the time of day, and where errors come from',
} as const
const json = {
  type: 'boolean',
  describe: 'Write events to standard output, a JSON object a line',
} as const

const words = {
  type: 'number',
  requiresArg: true,
  coerce: last<number>,
  describe:
    `Words in the code, ${MIN_WORDS} to ${MAX_WORDS} ` +
    `(default: ${WORDS_AT_TERMINAL}, or ${WORDS_IN_SCRIPTS} without a terminal)`,
} as const
const codeFile = {
  type: 'string',
  requiresArg: true,
  coerce: last<string>,
  describe: 'A file that has the code in it',
} as const

export const sendFlags = {
  to: {
    type: 'string',
    requiresArg: true,
    coerce: last<string>,
    describe: 'Send to a code that p2pshare receive --new has made',
  },
  code: {
    type: 'string',
    requiresArg: true,
    coerce: last<string>,
    describe: 'A code of your own: letters or digits, a hyphen, a secret of 8 characters or more',
  },
  'code-file': codeFile,
  words,
  wait,
  rendezvous,
  lanes: {
    type: 'number',
    requiresArg: true,
    coerce: last<number>,
    describe: `Connections side by side, 1 to ${MAX_LANES} (default: as many as help)`,
  },
  limit,
  compress,
  exclude: {
    type: 'string',
    requiresArg: true,
    coerce: all,
    describe: 'Leave out what matches this pattern, as in a .gitignore; may be repeated',
  },
  gitignore: { type: 'boolean', describe: 'Leave out what the .gitignore files there say' },
  follow: { type: 'boolean', describe: 'Send what symbolic links lead to' },
  text: {
    type: 'string',
    requiresArg: true,
    coerce: last<string>,
    describe: 'Send this text instead of files',
  },
  name: {
    type: 'string',
    requiresArg: true,
    coerce: last<string>,
    describe: `What standard input is called (default: ${INPUT_NAME})`,
  },
  receivers: {
    type: 'number',
    requiresArg: true,
    coerce: last<number>,
    describe: `Send to so many receivers, 1 to ${MAX_RECEIVERS}, side by side`,
  },
  keep: { type: 'boolean', describe: 'Send to everybody who comes, until it is stopped (Ctrl-C)' },
  reconnect,
  'ice-server': iceServer,
  'direct-only': directOnly,
  'relay-only': relayOnly,
  receipt,
  json,
  verify,
  qr: { type: 'boolean', describe: 'Show the command for the other side as a QR code, too' },
  quiet: { type: 'boolean', describe: 'Print the code and nothing else' },
  verbose,
  debug,
} as const satisfies Record<string, Options>

export const receiveFlags = {
  new: { type: 'boolean', describe: 'Make a code for somebody to send to' },
  'code-file': codeFile,
  words,
  output: {
    alias: 'o',
    type: 'string',
    requiresArg: true,
    coerce: last<string>,
    describe: 'A directory to save in, the name to save as, or - for standard output',
  },
  yes: { alias: 'y', type: 'boolean', describe: 'Save without asking; replaces nothing' },
  overwrite: { type: 'boolean', describe: 'Replace what is there already' },
  rename: { type: 'boolean', describe: 'Save under another name where something is already' },
  skip: { type: 'boolean', describe: 'Leave out files that are there already' },
  update: { type: 'boolean', describe: 'Fetch only what differs from what is there already' },
  wait,
  rendezvous,
  limit,
  compress,
  reconnect,
  'ice-server': iceServer,
  'direct-only': directOnly,
  'relay-only': relayOnly,
  receipt,
  json,
  verify,
  quiet: { type: 'boolean', describe: 'Print nothing but errors, and the code of --new' },
  verbose,
  debug,
} as const satisfies Record<string, Options>

export const serveFlags = {
  host: {
    type: 'string',
    requiresArg: true,
    coerce: last<string>,
    describe: 'The address to listen on',
  },
  port: {
    type: 'number',
    requiresArg: true,
    coerce: last<number>,
    describe: 'The port to listen on; 0 picks one',
  },
  'trusted-proxy': {
    type: 'string',
    requiresArg: true,
    coerce: last<string>,
    describe: 'Reverse proxies whose X-Forwarded-For is believed: addresses or networks, by commas',
  },
  stun: {
    type: 'string',
    requiresArg: true,
    coerce: all,
    describe: 'A STUN server for both sides, like stun:HOST:PORT; may be repeated',
  },
  turn: {
    type: 'string',
    requiresArg: true,
    coerce: all,
    describe: 'A relay for both sides, like turn:HOST:PORT?transport=tcp; may be repeated',
  },
  'turn-secret': {
    type: 'string',
    requiresArg: true,
    coerce: last<string>,
    describe: 'What makes credentials for the relay, its static-auth-secret',
  },
  relay: {
    type: 'string',
    coerce: addresses,
    describe:
      'Run a relay too, at this ADDRESS or PUBLIC/PRIVATE (default: of this machine); needs coturn',
  },
  'relay-private': {
    type: 'boolean',
    describe: 'The relay is inside a private network, and may reach its addresses',
  },
  debug: { type: 'boolean', describe: 'Tell where errors come from' },
} as const satisfies Record<string, Options>

export const doctorFlags = {
  rendezvous: { ...rendezvous, describe: 'The rendezvous server to check' },
  'ice-server': iceServer,
  output: {
    alias: 'o',
    type: 'string',
    requiresArg: true,
    coerce: last<string>,
    describe: 'Where files would be saved (default: this directory)',
  },
  with: {
    type: 'string',
    coerce: last<string>,
    describe: 'Check the way to another machine: makes a code, or takes the one shown there',
  },
  words,
  wait,
  verbose: { ...verbose, describe: 'Tell the addresses of the way to the other machine' },
  json,
  quiet: { type: 'boolean', describe: 'Print nothing but errors' },
} as const satisfies Record<string, Options>

export const verifyFlags = {
  json,
  quiet: { type: 'boolean', describe: 'Print nothing but errors' },
  debug: { type: 'boolean', describe: 'Tell where errors come from' },
} as const satisfies Record<string, Options>
