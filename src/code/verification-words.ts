import { VERIFICATION_WORDS } from '../limits.ts'
import { WORDS } from './words.ts'

/** Of one word: the list has 2048. */
const WORD_BITS = 11n

/**
 * The first bits of `bytes` as words to compare by voice, with blanks between them; no code looks
 * like that. Throws TypeError where there are not enough of them.
 */
export function verificationWords(bytes: Uint8Array): string {
  const bits = BigInt(8 * bytes.length) - BigInt(VERIFICATION_WORDS) * WORD_BITS
  if (bits < 0n) throw new TypeError('There are too few bytes for the words')
  let rest = BigInt(`0x${Buffer.from(bytes).toString('hex')}`) >> bits
  const words: (string | undefined)[] = []
  for (let count = 0; count < VERIFICATION_WORDS; count += 1) {
    words.unshift(WORDS[Number(rest & ((1n << WORD_BITS) - 1n))])
    rest >>= WORD_BITS
  }
  return words.join(' ')
}
