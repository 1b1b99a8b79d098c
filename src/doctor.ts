import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { checkCertificate } from './diagnosis/check-certificate.ts'
import { checkClock } from './diagnosis/check-clock.ts'
import { checkEngine } from './diagnosis/check-engine.ts'
import { checkFreeSpace } from './diagnosis/check-free-space.ts'
import { checkLocalNetwork } from './diagnosis/check-local-network.ts'
import { checkNat } from './diagnosis/check-nat.ts'
import { checkOpenFiles, ownOpenFilesLimit } from './diagnosis/check-open-files.ts'
import { checkPath } from './diagnosis/check-path.ts'
import { checkRelay } from './diagnosis/check-relay.ts'
import { checkRendezvous, type RendezvousOutcome } from './diagnosis/check-rendezvous.ts'
import { checkThroughput } from './diagnosis/check-throughput.ts'
import { checkUdp } from './diagnosis/check-udp.ts'
import { Findings } from './diagnosis/findings.ts'
import { type IceServerInfo, iceTargets } from './diagnosis/ice-targets.ts'
import { limited } from './diagnosis/limited.ts'
import { probeServer, type ServerAnswer, type ServerReach } from './diagnosis/probe-server.ts'
import { seeFromOutside } from './diagnosis/see-from-outside.ts'
import { type Speeds, testSpeed } from './diagnosis/speed-test.ts'
import { ShareError, throwIfAborted, toShareError } from './errors.ts'
import type { CheckResult, DoctorSummary, DoctorWatcher } from './events.ts'
import { withFileErrors } from './files/file-error.ts'
import { freeBytes } from './files/room.ts'
import { isOwnAddress } from './lan/local-addresses.ts'
import { CHECK_TIMEOUT_MS, LOOPBACK_SPEED_MS, MAX_SPEED_BYTES } from './limits.ts'
import { allocateRelay } from './peer/allocate-relay.ts'
import { loadEngine } from './peer/engine.ts'
import { parseRendezvousAddress } from './rendezvous/address.ts'
import type { IceServer } from './rendezvous/ice-server.ts'
import { pairWithSelf } from './rendezvous/pair-with-self.ts'
import { connectivityOf } from './session/connectivity.ts'
import { openLoopbackLanes } from './session/loopback-lanes.ts'

export interface DoctorOptions {
  /** The rendezvous server to check; only the local network is used when absent. */
  rendezvous?: string
  /** STUN and TURN servers to check in the place of those that the rendezvous hands out. */
  iceServers?: readonly IceServer[]
  /** Where files would be saved; the current directory when absent. */
  output?: string
  signal?: AbortSignal
  onEvent?: DoctorWatcher
}

export interface Diagnosis extends DoctorSummary {
  checks: CheckResult[]
  /** Why a transfer would not work; absent where it would. */
  failure?: ShareError
}

/**
 * Checks whether a transfer would work from this machine, and tells each finding as it is known.
 * What does not work is a finding, not an error. Throws ShareErrors: `usage` for an address or ICE server
 * that is none, and why `signal` was aborted.
 */
export async function doctor(options: DoctorOptions = {}): Promise<Diagnosis> {
  const { signal = new AbortController().signal, onEvent = () => {} } = options
  throwIfAborted(signal)
  const url =
    options.rendezvous === undefined ? undefined : parseRendezvousAddress(options.rendezvous)
  connectivityOf(options)
  const findings = new Findings(onEvent, signal)
  try {
    await examine({ ...options, url, signal, findings })
  } catch (thrown) {
    throw toShareError(thrown)
  }
  return diagnosisOf(findings)
}

/** What `findings` come to, which is told as the end. */
export function diagnosisOf(findings: Findings): Diagnosis {
  const { failure } = findings
  return { ...findings.finish(), checks: findings.results, ...(failure && { failure }) }
}

interface Examination extends Omit<DoctorOptions, 'onEvent' | 'rendezvous'> {
  url: string | undefined
  signal: AbortSignal
  findings: Findings
}

async function examine(examination: Examination): Promise<void> {
  const { url, signal, output = process.cwd(), findings } = examination
  // None of these disturbs another, or the measuring of round trips.
  const nearby = together([localNetwork(signal), savingPlace(output, signal)])
  const engine = checkEngine(loadEngine)
  findings.add(engine)
  const server = url === undefined ? undefined : await meet(url, signal)
  const answer = server && answerOf(server.reach)
  findings.add(checkRendezvous(server))
  if (url !== undefined) {
    findings.add(checkCertificate(url.startsWith('https:'), answer, Date.now()))
    findings.add(checkClock(answer))
  }
  await outside({ ...examination, server, hasEngine: engine.verdict === 'ok' })
  for (const result of await nearby) findings.add(result)
  findings.add(checkOpenFiles(ownOpenFilesLimit()))
  // In the end, because it takes all of the processor.
  if (engine.verdict === 'ok') findings.add(await checkThroughput(() => loopbackSpeed(signal)))
  findings.add(checkPath(findings.results))
}

/** All that is `running`; none of it goes unheard where something else fails first. */
function together<Result>(running: Promise<Result>[]): Promise<Result[]> {
  const all = Promise.all(running)
  all.catch(() => {})
  return all
}

/** Reaches the rendezvous by each address family, and meets itself there. */
async function meet(url: string, signal: AbortSignal): Promise<RendezvousOutcome> {
  const silent = { problem: 'ETIMEDOUT' }
  const unreached: ServerReach = { ipv4: silent, ipv6: silent }
  const [reach, pairing] = await Promise.all([
    limited(
      CHECK_TIMEOUT_MS,
      signal,
      (until) => probeServer(url, until),
      () => unreached,
    ),
    limited(
      CHECK_TIMEOUT_MS,
      signal,
      (until) => pair(url, until),
      () => ({ error: silence(url) }),
    ),
  ])
  return { url, reach, pairing }
}

async function pair(url: string, signal: AbortSignal): Promise<RendezvousOutcome['pairing']> {
  try {
    return { iceServers: await pairWithSelf(url, signal) }
  } catch (thrown) {
    return { error: toShareError(thrown) }
  }
}

function silence(url: string): ShareError {
  return new ShareError('no-rendezvous', `No rendezvous answers at ${url} in time`)
}

/** That over IPv4, where there is one. */
function answerOf({ ipv4, ipv6 }: ServerReach): ServerAnswer | undefined {
  const answers = [ipv4, ipv6].flatMap((way) =>
    way !== 'absent' && 'answer' in way ? [way.answer] : [],
  )
  return answers[0]
}

const NO_SERVERS =
  'Start the rendezvous with p2pshare serve --relay, or name servers with --ice-server.'

interface OutsideInit extends Examination {
  server: RendezvousOutcome | undefined
  hasEngine: boolean
}

/** What there is beyond the local network: UDP, the NAT, relays. */
async function outside({ iceServers, server, hasEngine, signal, findings }: OutsideInit) {
  const handedOut = server && 'iceServers' in server.pairing ? server.pairing.iceServers : []
  const { stun, relayUdp, relayTcp } = iceTargets(iceServers ?? handedOut)
  // Where none is named, or it does not work, there is something to do before that.
  const hint = server && 'iceServers' in server.pairing ? NO_SERVERS : ''
  const relay = (name: 'relay-udp' | 'relay-tcp', relays: IceServerInfo[]) => {
    const allocate = (those: readonly IceServerInfo[]) =>
      limited(CHECK_TIMEOUT_MS, signal, (until) => allocateRelay(those, until), unanswered)
    return checkRelay({ name, relays: hasEngine ? relays : [], allocate })
  }
  const relayed = together([relay('relay-udp', relayUdp), relay('relay-tcp', relayTcp)])
  const view = await limited(
    CHECK_TIMEOUT_MS,
    signal,
    (until) => seeFromOutside(stun, until),
    () => undefined,
  )
  findings.add(checkUdp(view, hint))
  findings.add(checkNat(view, isOwnAddress))
  for (const result of await relayed) findings.add(result)
}

function unanswered(): never {
  throw new ShareError('no-path', 'The relay gives no address: it does not answer')
}

async function localNetwork(signal: AbortSignal): Promise<CheckResult> {
  const { findOneself } = await import('./lan/find-oneself.ts')
  return checkLocalNetwork(() => limited(CHECK_TIMEOUT_MS, signal, findOneself, () => false))
}

async function savingPlace(directory: string, signal: AbortSignal): Promise<CheckResult> {
  const look = async (): Promise<number | undefined> => {
    await withFileErrors('write to', directory, () =>
      access(directory, constants.W_OK | constants.X_OK),
    )
    return freeBytes(directory)
  }
  const hangs = () => {
    throw new ShareError('file-failed', `The file system of "${directory}" does not answer`)
  }
  return checkFreeSpace(directory, () => limited(CHECK_TIMEOUT_MS, signal, look, hangs))
}

async function loopbackSpeed(signal: AbortSignal): Promise<Speeds> {
  const measure = async (until: AbortSignal): Promise<Speeds> => {
    const lanes = await openLoopbackLanes(until)
    try {
      const bounds = {
        durationMs: LOOPBACK_SPEED_MS,
        maxBytes: MAX_SPEED_BYTES,
        signal: until,
      }
      const [speeds] = await Promise.all([
        testSpeed({ ...bounds, lane: lanes.near, isFirst: true }),
        testSpeed({ ...bounds, lane: lanes.far, isFirst: false }),
      ])
      return speeds
    } finally {
      await lanes.close()
    }
  }
  return limited(CHECK_TIMEOUT_MS, signal, measure, () => {
    throw new ShareError('no-path', 'it took too long')
  })
}
