import { setMaxListeners } from 'node:events'
import { ShareError, throwIfAborted } from '../errors.ts'
import { MAX_LANE_NUMBER, MAX_LANES } from '../limits.ts'
import { Connection } from '../peer/connection.ts'
import type { ConnectionPath } from '../peer/connection-path.ts'
import type { Lane } from '../peer/lane.ts'
import type { LaneSignal, LaneTransport } from '../peer/lane-message.ts'
import { decodeProbe, decodeReport, encodeProbe, encodeReport } from '../peer/probe-message.ts'
import type { ArrivalReport, Lanes } from '../transfer/ports.ts'
import { openLane } from './open-lane.ts'
import type { Session } from './session.ts'

/**
 * The lanes of a session: the first one, which the rendezvous helped to make, and further
 * connections that are signalled through it. The sender of the file asks for them, and makes the
 * offers; numbers go up and are never used again, since each stands for a pair of keys.
 */
export class SessionLanes implements Lanes {
  readonly first: Lane
  readonly mayBeDirect: boolean
  readonly #session: Session
  readonly #connections = new Map<number, Connection>()
  readonly #closing = new AbortController()
  readonly #used = new Set<number>([0])
  #onLane: (lane: Lane) => void = () => {}

  constructor(session: Session) {
    this.#session = session
    this.first = session.lane
    this.mayBeDirect = session.paths.mayBeDirect
    // Each lane that is being made listens to it.
    setMaxListeners(MAX_LANES, this.#closing.signal)
    session.lane.onSignal((signal) => this.#signalled(signal))
  }

  async open(transport: LaneTransport, signal: AbortSignal, why?: string): Promise<Lane> {
    throwIfAborted(signal)
    const number = this.#used.size
    if (number > MAX_LANE_NUMBER) {
      throw new ShareError('no-path', 'A session has made all the connections it can')
    }
    if (!this.#isPossible(transport)) {
      throw new ShareError('no-path', 'This side or the other takes nothing but a relay')
    }
    const connection = this.#connect(number, transport, true, why)
    const either = AbortSignal.any([signal, this.#closing.signal])
    return this.#opened(number, transport, connection, either)
  }

  /** The ways of all lanes that there are. */
  *paths(): Iterable<ConnectionPath> {
    yield this.#session.connection.path
    for (const { path } of this.#connections.values()) yield path
  }

  onLane(handler: (lane: Lane) => void): void {
    this.#onLane = handler
  }

  probe(probe: number): void {
    this.#session.probes.send(encodeProbe(probe))
  }

  onProbe(handler: (probe: number) => void): void {
    this.#session.probes.onMessage((message) => {
      const probe = decodeProbe(message)
      if (probe !== undefined) handler(probe)
    })
  }

  report(report: ArrivalReport): void {
    this.#session.probes.send(encodeReport(report))
  }

  onReport(handler: (report: ArrivalReport) => void): void {
    this.#session.probes.onMessage((message) => {
      const report = decodeReport(message)
      if (report) handler(report)
    })
  }

  /** Closes all lanes but the first. */
  close(): void {
    this.#closing.abort(new ShareError('cancelled', 'The transfer is over'))
    for (const connection of this.#connections.values()) connection.close()
  }

  /** Over one transport a lane is direct. */
  #isPossible(transport: LaneTransport): boolean {
    return transport === 'any' || this.#session.paths.only !== 'relay'
  }

  #connect(
    number: number,
    transport: LaneTransport,
    initiator: boolean,
    why = 'the sender asks for it',
  ): Connection {
    this.#used.add(number)
    const { iceServers, paths, onDiagnostic } = this.#session
    const state = { state: 'opening', reason: why } as const
    onDiagnostic?.({ diagnostic: 'lane', lane: number, transport, ...state })
    const connection = new Connection({
      initiator,
      transport,
      iceServers,
      only: paths.only ?? (transport === 'any' ? undefined : 'direct'),
      onSignal: (signal) => this.first.signal({ lane: number, transport, signal }),
      onClosed: () => this.#connections.delete(number),
      lane: number,
      onDiagnostic,
    })
    connection.path.isRelayed = paths.isRelayed
    this.#connections.set(number, connection)
    return connection
  }

  async #opened(
    lane: number,
    transport: LaneTransport,
    connection: Connection,
    signal: AbortSignal,
  ): Promise<Lane> {
    const { keys, role, onDiagnostic } = this.#session
    try {
      return await openLane({ connection, lane, transport, role, keys, signal, onDiagnostic })
    } catch (thrown) {
      connection.close()
      throw thrown
    }
  }

  #signalled({ lane: number, transport, signal }: LaneSignal): void {
    const known = this.#connections.get(number)
    if (known) known.signal(signal)
    else if (this.#session.role === 'receiver' && !this.#used.has(number)) {
      this.#answer(number, transport, signal)
    }
  }

  #answer(number: number, transport: LaneTransport, signal: Uint8Array): void {
    // The sender knows sooner than this side which of its lanes are gone: no reason to quarrel.
    if (this.#connections.size >= MAX_LANES || !this.#isPossible(transport)) return
    const connection = this.#connect(number, transport, false)
    connection.signal(signal)
    // One that does not come about costs nothing; the sender decides whether to try again.
    this.#opened(number, transport, connection, this.#closing.signal).then(this.#onLane, () => {})
  }
}
