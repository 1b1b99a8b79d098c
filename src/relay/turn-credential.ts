import { createHmac, randomBytes } from 'node:crypto'
import { ShareError } from '../errors.ts'
import {
  MAX_TURN_SECRET_LENGTH,
  MIN_TURN_SECRET_LENGTH,
  TURN_CREDENTIAL_LIFETIME_MS,
} from '../limits.ts'

export interface TurnCredential {
  /** When it expires, in seconds since 1970, and a random id: `1765000000:3q2-7w`. */
  username: string
  /** The base64 HMAC-SHA1 of the username under the secret. */
  credential: string
}

const ID_BYTES = 12

/** Visible ASCII: what every relay's configuration can hold. */
const SECRET = new RegExp(`^[!-~]{${MIN_TURN_SECRET_LENGTH},${MAX_TURN_SECRET_LENGTH}}$`)

/** Throws ShareError `usage` unless `secret` can be one that relays share. */
export function checkTurnSecret(secret: string): void {
  if (SECRET.test(secret)) return
  const lengths = `${MIN_TURN_SECRET_LENGTH} to ${MAX_TURN_SECRET_LENGTH}`
  throw new ShareError(
    'usage',
    `A TURN secret has ${lengths} ASCII characters, none of them a space`,
    {
      hint: 'Make one with: openssl rand -hex 32',
    },
  )
}

/** A secret for a relay that nobody else is told of. */
export function newTurnSecret(): string {
  return randomBytes(32).toString('hex')
}

/**
 * A credential of its own for whoever is to use a relay that shares `secret`, which it does not
 * tell (draft-uberti-behave-turn-rest-00, section 2.2).
 */
export function turnCredential(
  secret: string,
  nowMs: number = Date.now(),
  id: string = randomBytes(ID_BYTES).toString('base64url'),
): TurnCredential {
  const expiry = Math.floor((nowMs + TURN_CREDENTIAL_LIFETIME_MS) / 1000)
  const username = `${expiry}:${id}`
  return { username, credential: createHmac('sha1', secret).update(username).digest('base64') }
}
