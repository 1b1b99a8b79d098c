/** More mistakes than this, and another word was meant. */
const MAX_MISTAKES = 2

/** The one of `candidates` that `word` is a misspelling or the beginning of. */
export function nearest(word: string, candidates: string[]): string | undefined {
  const typed = word.toLowerCase()
  const begun = candidates.filter((candidate) => typed !== '' && candidate.startsWith(typed))
  if (begun.length === 1) return begun[0]
  return candidates
    .map((candidate) => ({ candidate, mistakes: editDistance(typed, candidate) }))
    .filter(({ candidate, mistakes }) => mistakes <= Math.min(MAX_MISTAKES, candidate.length - 2))
    .sort((one, other) => one.mistakes - other.mistakes)[0]?.candidate
}

/** How many letters must be put in, taken out or exchanged (Levenshtein). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1]
    for (let column = 1; column <= to.length; column += 1) {
      const above = row[column] ?? 0
      const diagonal = row[column - 1] ?? 0
      const left = next[column - 1] ?? 0
      const exchange = diagonal + (letter === to[column - 1] ? 0 : 1)
      next.push(Math.min(above + 1, left + 1, exchange))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
