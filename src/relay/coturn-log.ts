import { isIP } from 'node:net'
import { MAX_RELAY_LOG_LINES_PER_MINUTE } from '../limits.ts'
import { printable } from '../printable.ts'

/** What a relay tells its log; pino fits. */
export interface RelayLogger {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

const MINUTE_MS = 60_000

/** Seconds since it started and a thread, or the time; and a level where there is one. */
const PREFIX = /^(?:\d+: (?:\(\d+\))?: ?|\d{4}-\d\d-\d\dT\S+ )?(?:(?:INFO|WARNING|ERROR)[: ]+)?/

const REFUSED_CREDENTIAL = /cannot find credentials of user/i
const MAY_NAME_USERS = /session|username|user <|peer|remote|client|nonce|origin|realm </i
const IS_TROUBLE = /\b(?:error|fatal|cannot|failed|failure|unable|too many|out of|unknown)\b/i
const ADDRESS_LIKE = /\[[0-9a-f:.]+\](?::\d+)?|[0-9a-f]*[:.][0-9a-f:.]*[0-9a-f]/gi

/** What of a line of coturn's is worth passing on, without anything of its users. */
export function troubleIn(line: string, ownAddresses: readonly string[]): string | undefined {
  const text = line.replace(PREFIX, '').trim()
  if (REFUSED_CREDENTIAL.test(text)) return 'a credential was forged or has expired'
  if (MAY_NAME_USERS.test(text) || !IS_TROUBLE.test(text)) return undefined
  return printable(text.replace(ADDRESS_LIKE, (found) => withoutStranger(found, ownAddresses)))
}

function withoutStranger(found: string, ownAddresses: readonly string[]): string {
  const [, bracketed, plain] = /^(?:\[(.+)\](?::\d+)?|([^:]+)(?::\d+)?)$/.exec(found) ?? []
  const address = isIP(found) !== 0 ? found : (bracketed ?? plain ?? found)
  return isIP(address) === 0 || ownAddresses.includes(address) ? found : '(address)'
}

/** Passes coturn's troubles on, each once a minute and not too many of them. */
export class CoturnLog {
  readonly #logger: RelayLogger
  readonly #ownAddresses: readonly string[]
  readonly #now: () => number
  readonly #told = new Set<string>()
  #minute = 0

  constructor(
    logger: RelayLogger,
    ownAddresses: readonly string[],
    now: () => number = () => performance.now(),
  ) {
    this.#logger = logger
    this.#ownAddresses = ownAddresses
    this.#now = now
  }

  /** What was told in this minute, the last of it last. */
  get recent(): string[] {
    return [...this.#told]
  }

  write(line: string): void {
    const trouble = troubleIn(line, this.#ownAddresses)
    if (trouble === undefined) return
    const minute = Math.floor(this.#now() / MINUTE_MS)
    if (minute !== this.#minute) this.#told.clear()
    this.#minute = minute
    if (this.#told.has(trouble) || this.#told.size >= MAX_RELAY_LOG_LINES_PER_MINUTE) return
    this.#told.add(trouble)
    this.#logger.warn({ coturn: trouble }, 'relay in trouble')
  }
}
