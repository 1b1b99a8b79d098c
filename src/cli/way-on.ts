import { type ErrorCode, ShareError } from '../errors.ts'
import type { TransferEvent } from '../events.ts'
import { formatAmount, formatBytes } from './format.ts'
import type { TransferView } from './renderer.ts'

/** How a transfer ends whose files are as they were, so that it can go on. */
const RESUMABLE: readonly ErrorCode[] = [
  'interrupted',
  'cancelled',
  'stopped-sigint',
  'stopped-sigterm',
]
/** What a shell takes as it stands. */
const PLAIN_WORD = /^[\w./@:=,+-]+$/

/** Knows what is kept of a transfer that broke off, and what to type to go on with it. */
export class WayOn {
  readonly #role: TransferView['role']
  readonly #command: string
  /** A text is not saved before it is whole. */
  #isSaved = true
  #amount: string | undefined

  /** `command` is what was typed, with a placeholder for the code. */
  constructor(role: TransferView['role'], command: string) {
    this.#role = role
    this.#command = command
  }

  onEvent(event: TransferEvent): void {
    if (event.event === 'offer') this.#isSaved = event.kind !== 'text'
    if (event.event !== 'progress' || event.bytes === 0 || !this.#isSaved) return
    const { bytes, total } = event
    this.#amount = total === null ? formatBytes(bytes) : formatAmount(bytes, total)
  }

  /** `error`, with the way on in the place of its hint where there is one. */
  added(error: ShareError): ShareError {
    if (this.#amount === undefined || !RESUMABLE.includes(error.code)) return error
    const hint =
      this.#role === 'sender'
        ? `What the receiver has saved is kept (${this.#amount}). To go on, run this again, and receive with the new code:\n  ${this.#command}`
        : `What arrived is kept (${this.#amount}). To go on, have it sent again, and run this with the new code:\n  ${this.#command}`
    return new ShareError(error.code, error.message, { hint, cause: error })
  }
}

/**
 * The command line `argv` as one would type it again, with CODE in the place of the code that it
 * names: codes are shown once, and the next one is another.
 */
export function commandAgain(argv: readonly string[], code: string | undefined): string {
  const codeWords = code?.split(' ') ?? []
  const start = argv.findIndex((_, index) =>
    codeWords.every((word, offset) => argv[index + offset] === word),
  )
  const isNamed = codeWords.length > 0 && start >= 0
  const words = argv.flatMap((word, index) => {
    const named = /^--(?:code|to)=/.exec(word)?.[0]
    if (named !== undefined) return `${named}CODE`
    if (!isNamed || index < start || index >= start + codeWords.length) return shellWord(word)
    return index === start ? 'CODE' : []
  })
  return ['p2pshare', ...words].join(' ')
}

function shellWord(word: string): string {
  return PLAIN_WORD.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
