import { ShareError } from '../errors.ts'
import { MAX_CODE_LENGTH, MAX_CODE_SERVER_LENGTH, MAX_NAMEPLATE_LENGTH } from '../limits.ts'
import { canonicalSecret } from './secret.ts'
import { splitCodeText } from './split-code-text.ts'

/** `<nameplate>-<secret>[@server]`; only the nameplate is for the server's eyes. */
export interface ShareCode {
  /** The mailbox to meet in: 1 to 32 letters and digits, lower case. */
  nameplate: string
  /** What the key exchange starts from: words joined by hyphens, or made up. Canonical. */
  secret: string
  /** The rendezvous as written in the code, not yet checked beyond its length and characters. */
  server?: string
}

const EXAMPLE = 'A code looks like 7-velvet-orbit or 7-velvet-orbit@share.example.org.'

const NAMEPLATE = new RegExp(`^[a-z0-9]{1,${MAX_NAMEPLATE_LENGTH}}$`)

/**
 * Reads a code as people type and paste it: in any case, with blanks or dashes of any kind between
 * its parts, with words cut short as long as they are unique. Throws `usage`.
 */
export function parseShareCode(text: string): ShareCode {
  if (text.length > MAX_CODE_LENGTH) throw unreadable('The code is too long')
  const at = text.indexOf('@')
  if (at === -1) return parseLocal(text)
  return { ...parseLocal(text.slice(0, at)), server: parseServer(text.slice(at + 1)) }
}

/**
 * Reads a code that a sender made up (`--code`), by the same rules, so that both sides come to the
 * same secret. It names no server. Throws `usage`.
 */
export function parseCustomCode(text: string): ShareCode {
  if (text.includes('@')) {
    throw new ShareError('usage', 'A code of your own cannot contain "@"', {
      hint: 'Name the server with --rendezvous.',
    })
  }
  return parseShareCode(text)
}

/** The code as it is shown, typed and pasted; `parseShareCode` reads it back. */
export function formatShareCode({ nameplate, secret, server }: ShareCode): string {
  const local = `${nameplate}-${secret}`
  return server === undefined ? local : `${local}@${server}`
}

function parseLocal(text: string): ShareCode {
  const [nameplate, ...parts] = splitCodeText(text)
  if (nameplate === undefined) throw unreadable('The code is empty')
  if (!NAMEPLATE.test(nameplate)) {
    throw unreadable(
      `A code begins with 1 to ${MAX_NAMEPLATE_LENGTH} letters or digits and a hyphen`,
    )
  }
  if (parts.length === 0) throw unreadable('The code ends before its words')
  return { nameplate, secret: canonicalSecret(parts) }
}

function parseServer(text: string): string {
  const server = text.trim()
  if (server === '') throw unreadable('The code names no server after its "@"')
  if (server.length > MAX_CODE_SERVER_LENGTH) throw unreadable('The server in the code is too long')
  if (/[\s\p{C}]/u.test(server)) {
    throw unreadable('The server in the code contains blanks or invisible characters')
  }
  return server
}

function unreadable(message: string): ShareError {
  return new ShareError('usage', message, { hint: EXAMPLE })
}
