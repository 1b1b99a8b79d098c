import { generateSecret } from './code/secret.ts'
import { checkConnection } from './diagnosis/check-connection.ts'
import { checkSpeed } from './diagnosis/check-speed.ts'
import { Findings } from './diagnosis/findings.ts'
import { testSpeed } from './diagnosis/speed-test.ts'
import { type Diagnosis, diagnosisOf } from './doctor.ts'
import { ShareError, throwIfAborted, toShareError } from './errors.ts'
import type { DoctorWatcher, TransferWatcher } from './events.ts'
import {
  DEFAULT_SEND_WAIT_MS,
  FIN_TIMEOUT_MS,
  MAX_SPEED_BYTES,
  PEER_SPEED_MS,
  WORDS_AT_TERMINAL,
} from './limits.ts'
import { loadEngine } from './peer/engine.ts'
import type { IceServer } from './rendezvous/ice-server.ts'
import type { Appointment } from './session/appointment.ts'
import { connectivityOf } from './session/connectivity.ts'
import { Guest } from './session/guest.ts'
import { Host } from './session/host.ts'
import { Owned } from './session/owned.ts'
import type { Session } from './session/session.ts'
import { withinWait } from './session/within-wait.ts'
import { doctorCapabilities } from './transfer/capabilities.ts'

export interface DoctorWithOptions {
  /** How many words a made-up code has, 2 to 8. */
  words?: number
  /** The rendezvous server; the code's own `@server` comes first. */
  rendezvous?: string
  /** STUN and TURN servers, in the place of those that the rendezvous names. */
  iceServers?: readonly IceServer[]
  /** How long to wait for the other side, in milliseconds. */
  waitMs?: number
  signal?: AbortSignal
  onEvent?: DoctorWatcher
}

/**
 * Connects to another machine that runs the same, as a transfer would, and measures the way: with
 * the `code` that it shows, or with one that is made here and told by the event `code`. Throws
 * ShareErrors: those of `receive` for a code and for meeting, `no-path` with the reason where there
 * is no way, and `incompatible` where the other side sends or receives files.
 */
export async function doctorWith(
  code: string | undefined,
  options: DoctorWithOptions = {},
): Promise<Diagnosis> {
  const { words = WORDS_AT_TERMINAL } = options
  const { signal = new AbortController().signal, onEvent = () => {} } = options
  const findings = new Findings(onEvent, signal)
  const owned = new Owned()
  try {
    throwIfAborted(signal)
    const party = {
      capabilities: doctorCapabilities(),
      connectivity: connectivityOf(options),
      rendezvous: options.rendezvous,
      onEvent: ofMeeting(onEvent),
      signal,
    }
    loadEngine()
    const appointment: Appointment = owned.add(
      code === undefined
        ? await Host.open({ ...party, role: 'sender', secret: generateSecret(words) })
        : new Guest({ ...party, role: 'receiver', code }),
    )
    const session = await withinWait(
      appointment.session,
      options.waitMs ?? DEFAULT_SEND_WAIT_MS,
      () => appointment.isEstablished,
      () => new ShareError('nobody-came', 'Nobody came in time'),
    )
    // The nameplate is of no more use; that the server hears of it need not be waited for.
    void appointment.leave()
    await examine(session, findings, signal)
    return diagnosisOf(findings)
  } catch (thrown) {
    throw toShareError(thrown)
  } finally {
    await owned.close()
  }
}

/** Of what a meeting tells, the doctor has the same to tell. */
function ofMeeting(onEvent: DoctorWatcher): TransferWatcher {
  return (event) => {
    const { event: name } = event
    if (name === 'code' || name === 'waiting' || name === 'warning') onEvent(event)
  }
}

/** Tells the way that `session` goes and what it carries, and ends it. */
async function examine(session: Session, findings: Findings, signal: AbortSignal): Promise<void> {
  const { lane, connection, role } = session
  try {
    // Before the line is full: the round trip is that of an idle one.
    findings.add(checkConnection(await connection.path.ends()))
    const isFirst = role === 'sender'
    const bounds = { durationMs: PEER_SPEED_MS, maxBytes: MAX_SPEED_BYTES, signal }
    const measured = await testSpeed({ ...bounds, lane, isFirst }).catch((thrown: unknown) => ({
      error: toShareError(thrown),
    }))
    for (const finding of checkSpeed(measured)) findings.add(finding)
    await lane.finish(FIN_TIMEOUT_MS)
  } finally {
    session.close()
  }
}
