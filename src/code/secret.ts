import { randomInt } from 'node:crypto'
import { ShareError } from '../errors.ts'
import { MAX_WORDS, MIN_CUSTOM_SECRET_LENGTH, MIN_WORDS } from '../limits.ts'
import { nearestWords } from './nearest-words.ts'
import { expandWord, WORDS } from './words.ts'

/**
 * A new secret of `words` random words, 11 bits each, joined by hyphens.
 * Throws `usage` outside `MIN_WORDS` to `MAX_WORDS`.
 */
export function generateSecret(words: number): string {
  if (!Number.isInteger(words) || words < MIN_WORDS || words > MAX_WORDS) {
    throw new ShareError('usage', `A code has ${MIN_WORDS} to ${MAX_WORDS} words`)
  }
  return Array.from({ length: words }, () => WORDS[randomInt(WORDS.length)]).join('-')
}

/**
 * The one spelling of a secret that both sides derive their key from. `parts` is what was typed, in
 * lower case and cut at its separators.
 *
 * Words and unique prefixes of words become whole words. What looks like words but is not quite is
 * refused here, on both sides alike, because trying it would burn the code. All else is a secret
 * that somebody made up, and stays as it is. Throws `usage`; never with more of the secret in the
 * message than the one part that is wrong.
 */
export function canonicalSecret(parts: readonly string[]): string {
  if (!looksLikeWords(parts)) return madeUpSecret(parts.join('-'))
  const words = parts.map((part) => expandWord(part) ?? refuseWord(part))
  if (words.length < MIN_WORDS) {
    throw new ShareError('usage', `A code has at least ${MIN_WORDS} words after its number`, {
      hint: 'Type the whole code, or make up a secret that is not a word of the list.',
    })
  }
  return words.join('-')
}

function looksLikeWords(parts: readonly string[]): boolean {
  return (
    parts.length <= MAX_WORDS &&
    parts.every((part) => /^[a-z]+$/.test(part)) &&
    parts.some((part) => expandWord(part) !== undefined)
  )
}

function refuseWord(part: string): never {
  const nearest = nearestWords(part)
  const suggestion = nearest.length === 0 ? '' : `Did you mean ${either(nearest)}? `
  throw new ShareError('usage', `"${part}" is not a word that codes are made of`, {
    hint: `${suggestion}Check the spelling. A secret of your own needs a digit in it.`,
  })
}

function either(words: string[]): string {
  return new Intl.ListFormat('en', { type: 'disjunction' }).format(words.map((word) => `"${word}"`))
}

function madeUpSecret(secret: string): string {
  if (!/^[!-~]*$/.test(secret)) {
    throw new ShareError('usage', 'A code has only letters, digits and signs that are in ASCII')
  }
  if (secret.length < MIN_CUSTOM_SECRET_LENGTH) {
    throw new ShareError(
      'usage',
      `The secret after the first hyphen is too short: it is ${MIN_WORDS} to ${MAX_WORDS} words, or at least ${MIN_CUSTOM_SECRET_LENGTH} characters of your own`,
    )
  }
  return secret
}
