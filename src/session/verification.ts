import { verificationWords } from '../code/verification-words.ts'
import { ShareError } from '../errors.ts'
import type { TransferWatcher } from '../events.ts'
import { namedCapabilities, VERIFY_CAPABILITY } from '../transfer/capabilities.ts'
import type { Session } from './session.ts'

/** Asks a person whether the other side shows these words too. */
export type Verify = (words: string, signal: AbortSignal) => Promise<boolean>

export interface VerificationInit {
  /** Absent where nobody on this side wants to compare. */
  verify: Verify | undefined
  signal: AbortSignal
  onEvent: TransferWatcher
}

/**
 * Shows the words that both sides of `session` have, and nobody between them, if either side wants
 * to compare; settles once this side's person has. Throws `not-verified` where they differ.
 */
export async function verified(session: Session, init: VerificationInit): Promise<void> {
  const { verify, signal, onEvent } = init
  const isPeerAsking = namedCapabilities(session.peerCapabilities).has(VERIFY_CAPABILITY)
  if (verify === undefined && !isPeerAsking) return
  const words = verificationWords(session.keys.verifier)
  onEvent({ event: 'verify', words })
  if (verify === undefined || (await verify(words, signal))) return
  throw new ShareError('not-verified', 'The other side does not show the same words')
}
