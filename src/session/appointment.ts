import type { ShareError } from '../errors.ts'
import type { ComebackPlaces } from './comeback-places.ts'
import type { Place } from './place.ts'

/** Two sides with one code that are to meet, as one of them sees it. */
export interface Appointment extends Pick<Place, 'session' | 'isEstablished'> {
  readonly nameplate: string
  readonly secret: string
  /** The share code, and the same with the server in it where there is one. */
  readonly code: string
  readonly full: string
  /** How to meet again; to be asked for once they have met. */
  readonly places: ComebackPlaces
  /** What to say where the time is over. */
  nobodyCame(): ShareError
  /** Gives the mailbox up, once they have met. Never throws. */
  leave(): Promise<void>
  /** Ends it all. Never throws. */
  close(): Promise<void>
}
