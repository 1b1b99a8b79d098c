import type { DiagnosticWatcher } from '../diagnostics.ts'
import type { TransferWatcher } from '../events.ts'
import { RECONNECT_ATTEMPT_MS } from '../limits.ts'
import type { Role } from '../secure/role.ts'
import type { Connectivity } from './connectivity.ts'
import { Meeting, type MeetingInit } from './meeting.ts'
import type { Place } from './place.ts'
import { Search } from './search.ts'

/** A mailbox to wait in for a side that was lost. */
export interface PlaceInit {
  nameplate: string
  secret: string
  capabilities: Uint8Array
  onEvent: TransferWatcher
  onDiagnostic: DiagnosticWatcher | undefined
  /** Called when somebody is there; `false` leaves them, because of another place. */
  onPaired?: () => boolean
  /** Called when they have proved that they know the secret; `false` leaves them. */
  onEstablished?: (peerCapabilities: Uint8Array) => boolean
}

/** How one side of a transfer finds the other again. */
export interface ComebackPlaces {
  /** Whether it has to search once the other side is lost, and may wait in one place until then. */
  readonly searches: boolean
  open(place: PlaceInit, isLost: boolean, signal: AbortSignal): Place | Promise<Place>
}

export interface OwnPlacesInit {
  role: Role
  connectivity: Connectivity
  /** The rendezvous server, which the code names. */
  url: string
  /** The share code's nameplate, and what gives it back at once. */
  nameplate: string
  token: string | undefined
  /** Tells the local network which nameplates are here, where the server is ours. */
  announce: (...nameplates: readonly string[]) => void
}

/** Of the side that made the code: the other one comes to its server. */
export class OwnPlaces implements ComebackPlaces {
  readonly searches = false
  readonly #init: OwnPlacesInit
  readonly #last = new Map<string, { token: string | undefined }>()

  constructor(init: OwnPlacesInit) {
    this.#init = init
    this.#last.set(init.nameplate, init)
  }

  async open(place: PlaceInit, _isLost: boolean, signal: AbortSignal): Promise<Meeting> {
    const { role, connectivity, url, nameplate, announce } = this.#init
    if (place.nameplate !== nameplate) announce(nameplate, place.nameplate)
    const token = this.#last.get(place.nameplate)?.token
    const meeting = await openMeeting({ ...place, role, connectivity, url, token, signal })
    this.#last.set(place.nameplate, meeting)
    return meeting
  }
}

export interface SearchedPlacesInit {
  role: Role
  connectivity: Connectivity
  /** The one server that was asked; this machine and its network were searched where there is none. */
  url: string | undefined
  /** The server at which the other side was met. */
  metAt: string | undefined
}

/** Of the side that was given the code: it looks for the other where it found it, and nearby. */
export class SearchedPlaces implements ComebackPlaces {
  readonly searches = true
  readonly #init: SearchedPlacesInit

  constructor(init: SearchedPlacesInit) {
    this.#init = init
  }

  open(place: PlaceInit, isLost: boolean, signal: AbortSignal): Place | Promise<Place> {
    const { role, connectivity, url, metAt } = this.#init
    const who = { ...place, role, connectivity, signal }
    const nearest = metAt ?? url
    if (!isLost && nearest !== undefined) {
      return openMeeting({ ...who, url: nearest, token: undefined })
    }
    // Without TLS the server is the other side's own, as a rule, whose address may be another by now.
    const isNearby = url === undefined || url.startsWith('http:')
    return new Search({
      ...who,
      ...(isNearby ? { known: nearest } : { url }),
      connectTimeoutMs: RECONNECT_ATTEMPT_MS,
    })
  }
}

function openMeeting(init: Omit<MeetingInit, 'connectTimeoutMs'>): Promise<Meeting> {
  return Meeting.open({ ...init, connectTimeoutMs: RECONNECT_ATTEMPT_MS })
}
