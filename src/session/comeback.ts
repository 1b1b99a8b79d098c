import type { Session } from './session.ts'

/**
 * How the other side came back: `resumed` where it is the same process, which knows what was
 * transferred, `restarted` where it is a new one that has nothing but the code.
 */
export type ComebackKind = 'resumed' | 'restarted'

export type ComebackHandler = (kind: ComebackKind, session: Session) => void

/** What finds the other side of a transfer again. */
export interface Comeback {
  /**
   * Follows the transfer that begins with `session`, instead of the one before, from now on.
   * `onComeback` is handed each session with somebody who came back, also while the connection
   * seems to be there: only the other side may know yet that it is not.
   */
  follow(session: Session, onComeback: ComebackHandler): void
  /**
   * Nothing has come from the other side for some seconds, or something comes again; of a side that
   * has to look for the other.
   */
  quiet?(isQuiet: boolean): void
  /** The connection is lost: now somebody has to be found. */
  lost(): void
  /** A session that was handed over is the connection from now on. */
  found(): void
  /** Ends it; sessions that were handed over live on. Never throws. */
  close(): Promise<void>
}
