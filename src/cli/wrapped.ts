import { stripVTControlCharacters } from 'node:util'
import type { OutputStream } from './terminal.ts'

/**
 * `text` with the lines that are too long for `stream` broken between words, where that is a
 * terminal. What is indented is a command: it stays whole, so that it can be copied.
 */
export function wrapped(text: string, stream: OutputStream): string {
  const columns = stream.isTTY ? stream.columns || Number.POSITIVE_INFINITY : undefined
  if (columns === undefined) return text
  const broken = (line: string) => (line.startsWith(' ') ? line : brokenLine(line, columns))
  return text.split('\n').map(broken).join('\n')
}

function brokenLine(line: string, columns: number): string {
  let width = 0
  return line
    .split(' ')
    .map((word, index) => {
      const length = stripVTControlCharacters(word).length
      const isFitting = width + 1 + length < columns
      const isFirst = index === 0
      width = isFirst || !isFitting ? length : width + 1 + length
      if (isFirst) return word
      return isFitting ? ` ${word}` : `\n${word}`
    })
    .join('')
}
