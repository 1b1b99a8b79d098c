import { createInterface } from 'node:readline/promises'
import { abortReason, ShareError, throwIfAborted } from '../errors.ts'
import type { OfferInfo } from '../events.ts'
import { printable } from '../printable.ts'
import { offerLabel } from './offer-label.ts'
import type { CommandContext } from './terminal.ts'
import { wrapped } from './wrapped.ts'

/** Candidates, and the end of the line that they replace, as node:readline wants them. */
export type Completer = (line: string) => Promise<[candidates: string[], fragment: string]>

type Prompting = Pick<CommandContext, 'stdin' | 'stderr' | 'signal' | 'interrupt'>

/** Whether there is a person to ask: one who sees the question and can type the answer. */
export function canAsk(context: Prompting): boolean {
  return context.stdin.isTTY === true && context.stderr.isTTY === true
}

/**
 * Asks for the code until something is typed; Tab completes its words.
 * Throws ShareError `usage` on Ctrl-D, and why `signal` was aborted if it is.
 */
export async function askCode(context: Prompting, complete: Completer): Promise<string> {
  for (;;) {
    const answer = await askLine('Code: ', context, complete)
    if (answer === undefined) throw new ShareError('usage', 'No code was given')
    if (answer.trim() !== '') return answer.trim()
  }
}

/**
 * Asks whether to take what is on offer: to save it at `target`, or to show it where there is none.
 * Anything but a yes declines, Ctrl-D too.
 */
export async function askToSave(
  offer: OfferInfo,
  target: string | undefined,
  context: Prompting,
): Promise<boolean> {
  const fate = target === undefined ? 'written to standard output' : `saved as ${printable(target)}`
  const line = `${offerLabel(offer)} would be ${fate}\n`
  context.stderr.write(wrapped(line, context.stderr))
  const answer = await askLine(
    target === undefined ? 'Take it? [y/N] ' : 'Save it? [y/N] ',
    context,
  )
  return isYesTyped(answer)
}

/**
 * Asks whether the other side shows the words that are shown here. Anything but a yes is a no.
 */
export async function askToVerify(context: Prompting): Promise<boolean> {
  const answer = await askLine('Does the other side show the same words? [y/N] ', context)
  return isYesTyped(answer)
}

/**
 * Throws ShareError `usage` where nobody could answer: words that nobody compares prove nothing.
 */
export function assertCanVerify(context: Prompting): void {
  if (canAsk(context)) return
  throw new ShareError('usage', 'There is no terminal to ask whether the words are the same', {
    hint: 'Give --verify to the side where a person is; then this side shows its words, too.',
  })
}

function isYesTyped(answer: string | undefined): boolean {
  return /^\s*y(es)?\s*$/i.test(answer ?? '')
}

/** What may become of something that is there already. */
export type ExistingChoice = 'overwrite' | 'rename' | 'skip' | 'refuse'

const EXISTING_CHOICES: readonly [RegExp, ExistingChoice][] = [
  [/^o(verwrite)?$/i, 'overwrite'],
  [/^r(ename)?$/i, 'rename'],
  [/^s(kip)?$/i, 'skip'],
  [/^(n(othing|o)?)?$/i, 'refuse'],
]

/** Asks what to do about `path`, which is there already. Enter and Ctrl-D leave everything alone. */
export async function askAboutExisting(path: string, context: Prompting): Promise<ExistingChoice> {
  const question = `"${printable(path)}" is there already: [o]verwrite, [r]ename, [s]kip, or [n]othing? `
  for (;;) {
    const answer = (await askLine(question, context))?.trim() ?? ''
    const choice = EXISTING_CHOICES.find(([pattern]) => pattern.test(answer))
    if (choice !== undefined) return choice[1]
  }
}

/** The line that is typed, or nothing when the input ends. Leaves the terminal as it was. */
async function askLine(
  question: string,
  { stdin, stderr, signal, interrupt }: Prompting,
  completer: Completer = async () => [[], ''],
): Promise<string | undefined> {
  throwIfAborted(signal)
  const prompt = createInterface({ input: stdin, output: stderr, terminal: true, completer })
  // The terminal hands out Ctrl-C as a key while a line is edited.
  prompt.on('SIGINT', interrupt)
  const ended = new Promise<undefined>((resolve) => prompt.once('close', () => resolve(undefined)))
  let answer: string | undefined
  try {
    answer = await Promise.race([prompt.question(wrapped(question, stderr), { signal }), ended])
  } catch (error) {
    if (signal.aborted) throw abortReason(signal)
    throw error
  } finally {
    prompt.close()
    // Only Enter has moved the cursor to a new line.
    if (answer === undefined) stderr.write('\n')
  }
  return answer
}
