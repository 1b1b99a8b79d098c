import type { Options } from 'yargs'
import { MAX_LANES, MAX_WORDS, MIN_WORDS, WORDS_AT_TERMINAL, WORDS_IN_SCRIPTS } from '../limits.ts'

/** A flag given twice: the later one counts, so that an alias of the shell can be overridden. */
function last<Value>(value: Value | Value[] | undefined): Value | undefined {
  return Array.isArray(value) ? value.at(-1) : value
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
const json = {
  type: 'boolean',
  describe: 'Write events to standard output, a JSON object a line',
} as const

export const sendFlags = {
  code: {
    type: 'string',
    requiresArg: true,
    coerce: last<string>,
    describe: 'A code of your own: letters or digits, a hyphen, a secret of 8 characters or more',
  },
  words: {
    type: 'number',
    requiresArg: true,
    coerce: last<number>,
    describe:
      `Words in the code, ${MIN_WORDS} to ${MAX_WORDS} ` +
      `(default: ${WORDS_AT_TERMINAL}, or ${WORDS_IN_SCRIPTS} without a terminal)`,
  },
  wait,
  rendezvous,
  lanes: {
    type: 'number',
    requiresArg: true,
    coerce: last<number>,
    describe: `Connections side by side, 1 to ${MAX_LANES} (default: as many as help)`,
  },
  compress,
  json,
  quiet: { type: 'boolean', describe: 'Print the code and nothing else' },
} as const satisfies Record<string, Options>

export const receiveFlags = {
  output: {
    alias: 'o',
    type: 'string',
    requiresArg: true,
    coerce: last<string>,
    describe: 'A directory to save in, or the name to save as',
  },
  yes: { alias: 'y', type: 'boolean', describe: 'Save without asking' },
  wait,
  rendezvous,
  compress,
  json,
  quiet: { type: 'boolean', describe: 'Print nothing but errors' },
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
} as const satisfies Record<string, Options>

/** The flags of each command. */
export const COMMAND_FLAGS: ReadonlyMap<string, Record<string, Options>> = new Map(
  Object.entries({ send: sendFlags, receive: receiveFlags, serve: serveFlags }),
)
