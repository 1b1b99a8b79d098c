import { WORDS_AT_TERMINAL } from '../limits.ts'
import { generateSecret } from './secret.ts'
import { parseCustomCode } from './share-code.ts'

export interface OwnCodeInit {
  /** A code of one's own; made up when absent. */
  code?: string | undefined
  /** How many words a made-up code has, 2 to 8. */
  words?: number | undefined
}

/**
 * The code of a side that makes one; the server gives out the nameplate where there is none. Throws
 * `usage`.
 */
export function ownCode({ code, words = WORDS_AT_TERMINAL }: OwnCodeInit): {
  nameplate?: string
  secret: string
} {
  if (code === undefined) return { secret: generateSecret(words) }
  const { nameplate, secret } = parseCustomCode(code)
  return { nameplate, secret }
}
