import { existsSync } from 'node:fs'
import { ShareError } from '../errors.ts'
import { COMMAND_PAGES, commandPage } from './command-pages.ts'
import { nearest } from './nearest.ts'
import { flagName } from './settings.ts'

const CODE = /^[a-z0-9]{1,32}(-[a-z]+)+(@\S+)?$/i
/** What can be repeated in an example without quotes. */
const PLAIN_WORD = /^[\w./@:-]+$/

/** The parser's complaint about `argv`, with what was probably meant as the hint. */
export function usageError(failure: unknown, argv: string[]): ShareError {
  if (failure instanceof ShareError) return failure
  const complaint = failure instanceof Error ? failure.message : String(failure)
  const [message, hint] = explain(complaint, argv)
  return new ShareError('usage', message, { hint, cause: failure })
}

function explain(complaint: string, argv: string[]): [message: string, hint: string] {
  const command = argv.find((word) => !word.startsWith('-'))
  if (command === undefined) {
    const hint = 'Send a file with p2pshare send FILE, receive one with p2pshare receive CODE.'
    return [complaint, hint]
  }
  const flags = commandPage(command)?.flags
  if (flags === undefined) return [`"${command}" is not a command`, hintForWord(command)]
  if (command !== argv[0]) return [complaint, `Put ${command} before its flags.`]

  const help = `Run p2pshare ${command} --help to see what is possible.`
  if (complaint.startsWith('Not enough non-option arguments')) return ['No receipt was named', help]
  if (!complaint.startsWith('Unknown argument')) return [complaint, help]
  const known = Object.entries(flags).flatMap(([name, { alias }]) => [name, alias ?? []].flat())
  const unknown = argv.map(flagName).find((name) => name !== undefined && !known.includes(name))
  if (unknown !== undefined) {
    const meant = nearest(unknown, Object.keys(flags))
    return [complaint, meant ? `Did you mean --${meant}?` : help]
  }
  return [complaint, help]
}

function hintForWord(word: string): string {
  const shown = (placeholder: string) => (PLAIN_WORD.test(word) ? word : placeholder)
  if (existsSync(word)) return `To send that file, run: p2pshare send ${shown('FILE')}`
  if (CODE.test(word)) return `To receive with that code, run: p2pshare receive ${shown('CODE')}`
  const command = nearest(word, Object.keys(COMMAND_PAGES))
  return command ? `Did you mean p2pshare ${command}?` : 'Run p2pshare --help to see the commands.'
}
