import type { Options } from 'yargs'
import { ERROR_CODES, ShareError } from '../errors.ts'
import { COMMAND_PAGES, type CommandPage } from './command-pages.ts'

const PROGRAM = 'p2pshare'

/** The manual of `version`, for man(1), in the macros of man(7); of all commands unless told. */
export function manualPage(
  version: string,
  pages: Record<string, CommandPage> = COMMAND_PAGES,
): string {
  return `${[
    `.TH P2PSHARE 1 "" ${quoted(`${PROGRAM} ${version}`)} "User Commands"`,
    section('NAME', `${PROGRAM} \\- send files straight from one machine to another`),
    section('SYNOPSIS', ...Object.values(pages).map(synopsis)),
    section(
      'DESCRIPTION',
      roff(
        'Sends files and directories from one machine straight to another over WebRTC, with a short ' +
          'code to read out. What is sent is encrypted from end to end.',
      ),
      '.PP',
      roff(
        'Standard output is for data: events with --json, the code with --quiet, contents with ' +
          '--output -. Everything else goes to standard error.',
      ),
    ),
    section('COMMANDS', ...Object.values(pages).map(command)),
    section('EXIT STATUS', tagged('0', 'All is well.'), ...exitStatuses()),
    section(
      'ENVIRONMENT',
      roff(
        'Every flag has a twin in the environment: --wait is P2PSHARE_WAIT. Flags come first, then the ' +
          'environment, then what p2pshare config has set.',
      ),
    ),
  ].join('\n')}\n`
}

function synopsis({ usage }: CommandPage): string {
  const [name = '', ...words] = usage.split(' ')
  return `.B ${PROGRAM} ${name}\n[\\fIflags\\fR] ${words.map(roff).join(' ')}\n.br`
}

function command({ usage, summary, words, flags, examples, note }: CommandPage): string {
  return [
    `.SS ${quoted(`${PROGRAM} ${usage}`)}`,
    roff(`${summary}.`),
    ...Object.entries(words).map(([word, describe]) => tagged(`\\fI${word}\\fR`, describe)),
    ...Object.entries(flags).map(([name, options]) => flag(name, options)),
    ...(note === undefined ? [] : ['.PP', roff(note)]),
    ...examples.map(
      ([line, purpose]) =>
        `.PP\n${roff(`${purpose}:`)}\n.PP\n.RS 4\n.nf\n${roff(line.replace('$0', PROGRAM))}\n.fi\n.RE`,
    ),
  ].join('\n')
}

function flag(name: string, { alias, type, describe = '' }: Options): string {
  const names = [`--${name}`, ...[alias ?? []].flat().map((each) => `-${each}`)]
  const value = type === 'boolean' ? '' : ` \\fI${type === 'number' ? 'number' : 'value'}\\fR`
  return tagged(`${names.map((each) => `\\fB${roff(each)}\\fR`).join(', ')}${value}`, describe)
}

function exitStatuses(): string[] {
  const statuses = new Map<number, ShareError[]>()
  for (const code of ERROR_CODES) {
    const error = new ShareError(code, '')
    statuses.set(error.exit, [...(statuses.get(error.exit) ?? []), error])
  }
  return [...statuses].map(([exit, errors]) =>
    tagged(String(exit), errors.map(({ code, hint }) => `${code}. ${hint}`.trim()).join('\n')),
  )
}

function section(title: string, ...paragraphs: string[]): string {
  return [`.SH ${quoted(title)}`, ...paragraphs].join('\n')
}

/** `tag` is roff already; each line of `description` is plain text and stays a line of its own. */
function tagged(tag: string, description: string): string {
  return `.TP\n${tag}\n${description.split('\n').map(roff).join('\n.br\n')}`
}

/** What roff prints as `plain`: hyphens that can be copied, and no requests. */
function roff(plain: string): string {
  const escaped = plain.replaceAll('\\', '\\e').replaceAll('-', '\\-')
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped
}

function quoted(plain: string): string {
  return `"${roff(plain).replaceAll('"', '\\(dq')}"`
}
