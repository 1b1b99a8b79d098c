import { createInterface } from 'node:readline/promises'
import { abortReason, ShareError, throwIfAborted } from '../errors.ts'
import type { OfferInfo } from '../events.ts'
import { printable } from '../printable.ts'
import { formatBytes } from './format.ts'
import type { CommandContext } from './terminal.ts'

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

/** Asks whether to save what is on offer at `target`. Anything but a yes declines, Ctrl-D too. */
export async function askToSave(
  offer: OfferInfo,
  target: string,
  context: Prompting,
): Promise<boolean> {
  const size = formatBytes(offer.bytes)
  context.stderr.write(
    `${printable(offer.name)} (${size}) would be saved as ${printable(target)}\n`,
  )
  const answer = await askLine('Save it? [y/N] ', context)
  return /^\s*y(es)?\s*$/i.test(answer ?? '')
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
    answer = await Promise.race([prompt.question(question, { signal }), ended])
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
