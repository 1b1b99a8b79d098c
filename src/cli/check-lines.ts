import type { CheckResult, Verdict } from '../events.ts'
import { printable } from '../printable.ts'
import type { Style } from './terminal.ts'

const COLOURS: Partial<Record<Verdict, 'red' | 'yellow'>> = { failed: 'red', warning: 'yellow' }
/** The longest verdict and two blanks. */
const INDENT = 9
/** Narrower than this, words are not broken any better. */
const MIN_COLUMNS = 40

/**
 * What a person reads of a check: the verdict, what was found, and below it what to do. In a
 * terminal of so many `columns` lines are broken between words.
 */
export function checkLines(
  { verdict, message, hint }: Pick<CheckResult, 'verdict' | 'message' | 'hint'>,
  style: Style,
  columns = Number.POSITIVE_INFINITY,
): string {
  const width = Math.max(columns, MIN_COLUMNS) - INDENT
  const lines = [message, hint].filter(Boolean).flatMap((text) => wrapped(printable(text), width))
  const colour = COLOURS[verdict]
  const shown = colour ? style(colour, verdict) : verdict
  const gap = ' '.repeat(INDENT - verdict.length)
  return `${shown}${gap}${lines.join(`\n${' '.repeat(INDENT)}`)}`
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const line = lines.at(-1)
    if (line !== undefined && line.length + word.length < width)
      lines.splice(-1, 1, `${line} ${word}`)
    else lines.push(word)
  }
  return lines
}
