import { formatShareCode, parseShareCode, type ShareCode } from '../code/share-code.ts'
import { ShareError } from '../errors.ts'
import { parseRendezvousAddress } from '../rendezvous/address.ts'
import { otherRole } from '../secure/role.ts'
import type { Appointment } from './appointment.ts'
import { type ComebackPlaces, SearchedPlaces } from './comeback-places.ts'
import { Search, type SearchInit } from './search.ts'
import type { Session } from './session.ts'

export type GuestInit = Pick<
  SearchInit,
  'role' | 'capabilities' | 'connectivity' | 'onEvent' | 'onDiagnostic' | 'signal'
> & {
  /** As it was typed. */
  code: string
  /** The server as the user wrote it; the code's own comes first. */
  rendezvous: string | undefined
}

/** The side that was given the code, and looks for the one that made it. */
export class Guest implements Appointment {
  readonly nameplate: string
  readonly secret: string
  readonly code: string
  readonly full: string
  readonly #init: GuestInit
  readonly #url: string | undefined
  readonly #search: Search

  /** Throws `usage` for a code that is none, and for an address that is none. */
  constructor(init: GuestInit) {
    const shareCode = parseShareCode(init.code)
    const { nameplate, secret } = shareCode
    this.#init = init
    this.nameplate = nameplate
    this.secret = secret
    this.code = formatShareCode({ nameplate, secret })
    this.full = formatShareCode(shareCode)
    this.#url = urlOf(shareCode, init.rendezvous)
    this.#search = new Search({ ...init, url: this.#url, nameplate, secret })
  }

  get session(): Promise<Session> {
    return this.#search.session
  }

  get isEstablished(): boolean {
    return this.#search.isEstablished
  }

  get places(): ComebackPlaces {
    const { role, connectivity } = this.#init
    return new SearchedPlaces({ role, connectivity, url: this.#url, metAt: this.#search.metAt })
  }

  nobodyCame(): ShareError {
    const other = otherRole(this.#init.role)
    if (this.#search.hasWaited) {
      return new ShareError('nobody-came', `The ${other} did not come in time`)
    }
    const message = `No ${other} was found on this machine or its network`
    return new ShareError('no-rendezvous', message, {
      hint: 'Type the whole code with its @address, or name the server with --rendezvous.',
    })
  }

  leave(): Promise<void> {
    return this.#search.close()
  }

  close(): Promise<void> {
    return this.#search.close()
  }
}

function urlOf({ server }: ShareCode, rendezvous: string | undefined): string | undefined {
  const address = server ?? rendezvous
  return address === undefined ? undefined : parseRendezvousAddress(address)
}
