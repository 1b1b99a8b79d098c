import { createHash } from 'node:crypto'
import type { Session } from './session.ts'

/**
 * Where the two sides of a session meet again when they have lost each other, and the secret that
 * proves them. It is the first session's for as long as both processes live: of a later one the two
 * may not agree that it came about. It proves who is there and no more; each session makes new keys.
 */
export interface ResumePlace {
  nameplate: string
  secret: string
  /** Names the transfer without telling where the place is. */
  mark: string
}

const MARK_LENGTH = 16

/** Copies it from the session's keys, which are wiped when the session is closed. */
export function resumePlace({ keys }: Session): ResumePlace {
  return {
    nameplate: keys.resumeNameplate,
    secret: Buffer.from(keys.resumeKey).toString('hex'),
    mark: createHash('sha256').update(keys.resumeNameplate).digest('hex').slice(0, MARK_LENGTH),
  }
}

/**
 * What a side that comes with the code again says of the transfer that it has already: a receiver
 * which of them it `lost`, a sender which one it `holds`. Where both mean the same one neither was
 * started again, and they meet where only the two know.
 */
type Claim = 'lost' | 'holds'

/** `capabilities`, and that this side has a transfer. */
export function withMark(capabilities: Uint8Array, claim: Claim, mark: string): Uint8Array {
  return Buffer.concat([capabilities, Buffer.from(` ${claim}-${mark}`)])
}

/** The transfer that a side with `capabilities` says it has; undefined where it was just started. */
export function markOf(capabilities: Uint8Array, claim: Claim): string | undefined {
  const names = Buffer.from(capabilities).toString().split(' ')
  return names.find((name) => name.startsWith(`${claim}-`))?.slice(claim.length + 1)
}
