import { setTimeout } from 'node:timers/promises'
import { deferred } from '../deferred.ts'
import { abortReason, ShareError, toShareError } from '../errors.ts'
import type { LanAddress } from '../lan/discover.ts'
import { isOwnAddress } from '../lan/local-addresses.ts'
import {
  LAN_PAIRING_MS,
  LAN_RETRY_MS,
  LOCAL_SEARCH_INTERVAL_MS,
  MAX_LOCAL_MEETINGS,
} from '../limits.ts'
import { formatRendezvousAddress } from '../rendezvous/address.ts'
import { LOCAL_PORTS } from './local-ports.ts'
import { Meeting, type MeetingInit } from './meeting.ts'
import type { Session } from './session.ts'

export type SearchInit = Omit<MeetingInit, 'url' | 'onPaired' | 'nameplate' | 'token'> & {
  nameplate: string
  /** The one server to ask; this machine and its network are searched where there is none. */
  url?: string | undefined
  /** A server to ask besides those that the search finds. */
  known?: string | undefined
  /** Called when somebody is there; `false` leaves them, because of a search elsewhere. */
  onPaired?: () => boolean
}

/**
 * The search of a side that was given the code for the one that made it: it waits in a mailbox at
 * every rendezvous that it finds, and the first in which somebody turns up is the one. So whoever
 * answers falsely, wherever that is, has the one guess that the code allows.
 */
export class Search {
  readonly #init: SearchInit
  readonly #session = deferred<Session>()
  readonly #stop = new AbortController()
  readonly #signal: AbortSignal
  readonly #tried = new Set<string>()
  readonly #services = new Map<string, Promise<void>>()
  readonly #meetings = new Map<string, Meeting>()
  readonly #onAbort = () => this.#session.reject(abortReason(this.#init.signal))
  #chosen: string | undefined
  #hasWaited = false
  #isSpent = false
  #ticker: NodeJS.Timeout | undefined

  constructor(init: SearchInit) {
    this.#init = init
    this.#signal = AbortSignal.any([init.signal, this.#stop.signal])
    init.signal.addEventListener('abort', this.#onAbort)
    if (init.url === undefined) this.#searchNearby()
    else void this.#ask(init.url).catch((thrown) => this.#session.reject(toShareError(thrown)))
  }

  /** Settles with the session, or with why there will be none. */
  get session(): Promise<Session> {
    return this.#session.promise
  }

  get isEstablished(): boolean {
    return this.#meeting?.isEstablished ?? false
  }

  /** Whether any rendezvous was found. */
  get hasWaited(): boolean {
    return this.#hasWaited
  }

  /** Whether the secret may have been guessed at: then it must not be used to meet anybody again. */
  get isSpent(): boolean {
    return this.#isSpent || (this.#meeting?.isSpent ?? false)
  }

  /** The server at which somebody was there. */
  get metAt(): string | undefined {
    return this.#chosen
  }

  /** Gives all mailboxes up; a session that came of one lives on. Never throws. */
  async close(): Promise<void> {
    clearInterval(this.#ticker)
    this.#init.signal.removeEventListener('abort', this.#onAbort)
    const givenUp = new ShareError('cancelled', 'The search was given up')
    this.#stop.abort(givenUp)
    this.#session.reject(givenUp)
    await Promise.allSettled([...this.#meetings.values()].map((meeting) => meeting.close()))
  }

  get #meeting(): Meeting | undefined {
    return this.#chosen === undefined ? undefined : this.#meetings.get(this.#chosen)
  }

  #searchNearby(): void {
    const known = this.#init.known === undefined ? [] : namesOf(this.#init.known)
    const askKnown = () => {
      void this.#tryInTurn(known)
      for (const port of LOCAL_PORTS) void this.#tryToAsk(localUrl(port))
    }
    const urls = [...known, ...LOCAL_PORTS.map(localUrl)]
    this.#init.onDiagnostic?.({ diagnostic: 'search', urls })
    askKnown()
    // The other side may be started later than we are.
    this.#ticker = setInterval(askKnown, LOCAL_SEARCH_INTERVAL_MS)
    void this.#searchNetwork()
  }

  async #searchNetwork(): Promise<void> {
    const { discover } = await import('../lan/discover.ts')
    const { nameplate } = this.#init
    discover({ nameplate, signal: this.#signal, onFound: (address) => this.#found(address) })
  }

  /**
   * Asks the addresses of a rendezvous one after the other: at two of them at once we would be in
   * our own way. Where nobody turns up soon the next may be the right one: names can be copied.
   * An address where nothing answers is asked again: networks come and go.
   */
  #found(found: LanAddress): void {
    const { service, host, port } = found
    const address = formatRendezvousAddress(isOwnAddress(host) ? '127.0.0.1' : host, port)
    this.#init.onDiagnostic?.({ diagnostic: 'found', url: `http://${address}`, service })
    const earlier = this.#services.get(service) ?? Promise.resolve()
    const asked = earlier.then(async () => {
      const isThere = await this.#tryToAsk(`http://${address}`)
      if (!isThere) void this.#pause(LAN_RETRY_MS).then(() => this.#foundAgain(found))
      else if (this.#chosen === undefined) await this.#pause(LAN_PAIRING_MS)
    })
    this.#services.set(service, asked)
  }

  #foundAgain(found: LanAddress): void {
    if (!this.#signal.aborted && this.#chosen === undefined) this.#found(found)
  }

  async #pause(delayMs: number): Promise<void> {
    await setTimeout(delayMs, undefined, { signal: this.#signal }).catch(() => undefined)
  }

  /** Waits at the first of `urls`, all of one server, where it answers. */
  async #tryInTurn(urls: readonly string[]): Promise<void> {
    for (const url of urls) if (await this.#tryToAsk(url)) return
  }

  /** Waits at a rendezvous that may not be one, or not there; false where it was not. */
  async #tryToAsk(url: string): Promise<boolean> {
    if (this.#chosen !== undefined || this.#signal.aborted) return true
    if (this.#tried.has(url) || this.#tried.size >= MAX_LOCAL_MEETINGS) return true
    this.#tried.add(url)
    try {
      await this.#ask(url)
      return true
    } catch (thrown) {
      // Nobody there: it is asked again at the next turn. Whoever turned us away is left in peace.
      const isThere = toShareError(thrown).code !== 'no-rendezvous'
      if (isThere) void this.#pause(LAN_RETRY_MS).then(() => this.#tried.delete(url))
      else this.#tried.delete(url)
      return isThere
    }
  }

  /** Takes a place in a mailbox at `url`. */
  async #ask(url: string): Promise<void> {
    const meeting = await Meeting.open({
      ...this.#init,
      url,
      signal: this.#signal,
      onPaired: () => {
        if ((this.#chosen ?? url) !== url || this.#init.onPaired?.() === false) return false
        this.#chosen = url
        return true
      },
    }).catch((thrown) => {
      throw takenPlace(toShareError(thrown))
    })
    this.#meetings.set(url, meeting)
    if (!this.#hasWaited && this.#chosen === undefined) this.#init.onEvent({ event: 'waiting' })
    this.#hasWaited = true
    meeting.session.then(this.#session.resolve, (error) => {
      this.#isSpent ||= meeting.isSpent
      const isOnlyOne = this.#chosen === url || this.#init.url === url
      if (isOnlyOne) this.#session.reject(toShareError(error))
      this.#meetings.delete(url)
      this.#tried.delete(url)
      void meeting.close()
    })
  }
}

function localUrl(port: number): string {
  return `http://127.0.0.1:${port}`
}

/** What a claim that a server refuses means to a side that was given its code. */
function takenPlace(error: ShareError): ShareError {
  if (error.code !== 'usage') return error
  return new ShareError('nobody-came', 'Somebody else is already sending to this code', {
    hint: 'If that is not you, ask for a new code.',
    cause: error,
  })
}

/**
 * The names by which a server may answer, best first. One of this machine is asked as `127.0.0.1`,
 * as it is where we look anyway: at two names of one server we would be in our own way. Where it
 * listens at the other address only, it does not answer there.
 */
function namesOf(url: string): string[] {
  const { hostname, port } = new URL(url)
  if (!isOwnAddress(hostname.replaceAll(/[[\]]/g, ''))) return [url]
  const own = `http://${formatRendezvousAddress('127.0.0.1', Number(port))}`
  return [...new Set([own, url])]
}
