import type { Session } from './session.ts'

/** Where one side waits for the other once: a meeting, or a search. */
export interface Place {
  readonly session: Promise<Session>
  readonly isEstablished: boolean
  readonly isSpent: boolean
  close(): Promise<void>
}
