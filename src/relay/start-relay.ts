import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { isIPv6 } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { ShareError } from '../errors.ts'
import {
  MAX_RELAY_RESTART_DELAY_MS,
  RELAY_FIREWALL_PORT,
  RELAY_PORT,
  RELAY_RESTART_DELAY_MS,
  RELAY_START_TIMEOUT_MS,
  RELAY_STEADY_MS,
} from '../limits.ts'
import { coturnConfiguration, type Listener } from './coturn-configuration.ts'
import { CoturnLog, type RelayLogger } from './coturn-log.ts'
import { CoturnProcess } from './coturn-process.ts'
import { coturnVersion, unprivilegedUser } from './installed-coturn.ts'
import { checkPort } from './port-check.ts'
import { isPrivateAddress, type RelayAddress } from './relay-address.ts'
import { untilStunAnswers } from './stun-binding.ts'

export interface RelayOptions {
  addresses: readonly RelayAddress[]
  /** Whether peers may have private addresses: for a relay inside a private network. */
  isPrivate: boolean
  /** What its credentials are made with (`turnCredential`). */
  secret: string
  logger: RelayLogger
  /** Gives up starting. */
  signal?: AbortSignal
}

export interface Relay {
  stunUrls: string[]
  turnUrls: string[]
  /** Ends it. Never throws. */
  close(): Promise<void>
}

/** For each address, at most: STUN on two ports, and the relay over UDP and TCP. */
export const RELAY_URLS = 4

/**
 * Runs coturn as a STUN server and relay until it is closed, and starts it again when it dies.
 * @throws ShareError `usage` where it is not installed, cannot listen or does not start, or why
 * `signal` was aborted.
 */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const { addresses, isPrivate, secret, logger, signal } = options
  const version = await coturnVersion()
  const listeners: Listener[] = []
  for (const address of addresses) listeners.push(await listenerAt(address, options))
  const configuration = coturnConfiguration({
    secret,
    listeners,
    isPrivate,
    user: await unprivilegedUser(),
  })
  const supervisor = new Supervisor(configuration, listeners, logger)
  await supervisor.start(signal)
  for (const { public: address, ports } of listeners) {
    logger.info({ address, ports, coturn: version }, 'relay listening')
  }
  return {
    // A symmetric NAT shows each port another mapping, and is recognised by two.
    stunUrls: listeners.flatMap(({ public: address, ports }) =>
      ports.map((port) => `stun:${urlHost(address)}:${port}`),
    ),
    turnUrls: listeners.flatMap(({ public: address, ports }) => [
      `turn:${urlHost(address)}:${RELAY_PORT}?transport=udp`,
      `turn:${urlHost(address)}:${ports.at(-1)}?transport=tcp`,
    ]),
    close: () => supervisor.close(),
  }
}

function urlHost(address: string): string {
  return isIPv6(address) ? `[${address}]` : address
}

/** Where a relay can listen at an address: on port 443 too, if that may be had. */
async function listenerAt(
  address: RelayAddress,
  { isPrivate, logger }: Pick<RelayOptions, 'isPrivate' | 'logger'>,
): Promise<Listener> {
  const { local } = address
  const state = await checkPort(local, RELAY_PORT)
  if (state === 'no-address') {
    throw new ShareError('usage', `${local} is no address of this machine`, {
      hint: 'Where a NAT maps it to one that is, say --relay PUBLIC/PRIVATE.',
    })
  }
  if (state !== 'free') {
    throw new ShareError('usage', `Something else is using port ${RELAY_PORT} of ${local}`, {
      hint: 'If it is a coturn that the system runs: systemctl disable --now coturn',
    })
  }
  if (isPrivateAddress(address.public) && !isPrivate) {
    const advice = 'name the public one with --relay PUBLIC/PRIVATE, or add --relay-private'
    logger.warn({ address: address.public, advice }, 'relay at a private address')
  }
  const firewallState = await checkPort(local, RELAY_FIREWALL_PORT)
  if (firewallState === 'free') return { ...address, ports: [RELAY_PORT, RELAY_FIREWALL_PORT] }
  const reason = firewallState === 'taken' ? 'something else is using it' : 'not permitted'
  logger.warn({ address: local, port: RELAY_FIREWALL_PORT, reason }, 'relay without a port')
  return { ...address, ports: [RELAY_PORT] }
}

/** Keeps one coturn running. */
class Supervisor {
  readonly #configuration: string
  readonly #listeners: readonly Listener[]
  readonly #logger: RelayLogger
  readonly #log: CoturnLog
  readonly #ending = new AbortController()
  #running: Promise<void> = Promise.resolve()

  constructor(configuration: string, listeners: readonly Listener[], logger: RelayLogger) {
    this.#configuration = configuration
    this.#listeners = listeners
    this.#logger = logger
    const own = listeners.flatMap(({ public: outer, local }) => [outer, local])
    this.#log = new CoturnLog(logger, own)
  }

  async start(signal: AbortSignal = this.#ending.signal): Promise<void> {
    const coturn = await this.#launch(signal)
    this.#running = this.#keep(coturn)
  }

  async close(): Promise<void> {
    this.#ending.abort()
    await this.#running
  }

  /** Waits for its end, and starts it again after a pause that grows while it does not last. */
  async #keep(first: CoturnProcess): Promise<void> {
    const { signal } = this.#ending
    let coturn: CoturnProcess | undefined = first
    for (let delayMs = RELAY_RESTART_DELAY_MS; ; ) {
      if (coturn !== undefined) {
        const beganMs = performance.now()
        const reason = await endOf(coturn, signal)
        if (signal.aborted) return
        if (performance.now() - beganMs > RELAY_STEADY_MS) delayMs = RELAY_RESTART_DELAY_MS
        this.#logger.error({ reason, restartInMs: delayMs }, 'relay ended')
      }
      await pause(delayMs, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return
      delayMs = Math.min(2 * delayMs, MAX_RELAY_RESTART_DELAY_MS)
      coturn = await this.#relaunch(delayMs)
    }
  }

  async #relaunch(restartInMs: number): Promise<CoturnProcess | undefined> {
    const { signal } = this.#ending
    try {
      const coturn = await this.#launch(signal)
      this.#logger.info({}, 'relay listening again')
      return coturn
    } catch (error) {
      if (!signal.aborted) this.#logger.error({ err: error, restartInMs }, 'relay not started')
      return undefined
    }
  }

  /** A coturn that answers. The secret is on the disk only while it starts. */
  async #launch(signal: AbortSignal): Promise<CoturnProcess> {
    const directory = await mkdtemp(join(tmpdir(), 'p2pshare-relay-'))
    try {
      const path = join(directory, 'turnserver.conf')
      await writeFile(path, this.#configuration, { mode: 0o600, flag: 'wx' })
      const coturn = new CoturnProcess(path, (line) => this.#log.write(line))
      try {
        await this.#untilAnswering(coturn, signal)
      } catch (error) {
        await coturn.stop()
        throw error
      }
      return coturn
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  }

  async #untilAnswering(coturn: CoturnProcess, signal: AbortSignal): Promise<void> {
    const settled = new AbortController()
    const late = AbortSignal.timeout(RELAY_START_TIMEOUT_MS)
    const limit = AbortSignal.any([settled.signal, signal, late])
    const ended = coturn.ended.then((reason) => {
      throw this.#notStarted(reason)
    })
    const answers = this.#listeners.map(({ local }) => untilStunAnswers(local, RELAY_PORT, limit))
    try {
      await Promise.race([Promise.all(answers), ended])
    } catch (error) {
      throw late.aborted && !signal.aborted ? this.#notStarted('no answer', error) : error
    } finally {
      settled.abort()
      ended.catch(() => undefined)
      await Promise.allSettled(answers)
    }
  }

  #notStarted(reason: string, cause?: unknown): ShareError {
    const said = this.#log.recent.at(-1)
    const message = `The relay did not start (${reason}${said === undefined ? '' : `: ${said}`})`
    return new ShareError('usage', message, {
      hint: 'Try turnserver by itself, or run the server without --relay.',
      cause,
    })
  }
}

/** Why a coturn ended, by itself or because it was told to. */
async function endOf(coturn: CoturnProcess, signal: AbortSignal): Promise<string> {
  const stop = (): void => void coturn.stop()
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  const reason = await coturn.ended
  signal.removeEventListener('abort', stop)
  return reason
}
