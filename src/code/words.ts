import { wordlist } from '@scure/bip39/wordlists/english.js'

/** The 2048 words of the English BIP-39 list; no two share their first four letters. */
export const WORDS: readonly string[] = wordlist

const EXACT = new Set(WORDS)

/** The words that begin with `prefix` (lower case), in the order of the list. */
export function wordsWithPrefix(prefix: string): string[] {
  return WORDS.filter((word) => word.startsWith(prefix))
}

/**
 * The word that `text` (lower case) stands for: itself, or the only one that begins with it.
 * Four letters always suffice, unless the word has only three.
 */
export function expandWord(text: string): string | undefined {
  if (EXACT.has(text)) return text
  const [word, ...others] = wordsWithPrefix(text)
  return others.length === 0 ? word : undefined
}
