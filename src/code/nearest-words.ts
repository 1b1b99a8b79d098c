import { MAX_WORD_SUGGESTIONS } from '../limits.ts'
import { WORDS, wordsWithPrefix } from './words.ts'

/** Two slips are still recognisably the same word; three make "cat" of "zoo". */
const MAX_SLIPS = 2

/**
 * What somebody who typed `text` (lower case) may have meant, nearest first: the words that begin
 * with it, else those that are at most two slips away. At most `MAX_WORD_SUGGESTIONS`.
 */
export function nearestWords(text: string): string[] {
  const continued = wordsWithPrefix(text)
  if (continued.length > 0) return continued.slice(0, MAX_WORD_SUGGESTIONS)
  return WORDS.filter((word) => Math.abs(word.length - text.length) <= MAX_SLIPS)
    .map((word) => ({ word, slips: editDistance(text, word) }))
    .filter(({ slips }) => slips <= MAX_SLIPS)
    .sort((left, right) => left.slips - right.slips)
    .slice(0, MAX_WORD_SUGGESTIONS)
    .map(({ word }) => word)
}

/**
 * Letters left out, added, changed or swapped with their neighbour on the way from `left` to
 * `right` (optimal string alignment distance).
 */
function editDistance(left: string, right: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: right.length + 1 }, (_, column) => column)
  for (let row = 1; row <= left.length; row++) {
    const current = [row]
    for (let column = 1; column <= right.length; column++) {
      const changed = left[row - 1] === right[column - 1] ? 0 : 1
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1]
      current[column] = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + changed,
        row > 1 && column > 1 && swapped ? (beforeLast[column - 2] ?? 0) + 1 : Infinity,
      )
    }
    beforeLast = last
    last = current
  }
  return last[right.length] ?? 0
}
