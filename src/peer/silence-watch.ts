import {
  KEEPALIVE_INTERVAL_MS,
  QUIET_SENDER_MS,
  SILENCE_AFTER_SLEEP_MS,
  SILENCE_TIMEOUT_MS,
} from '../limits.ts'
import type { Channel } from './channel.ts'

export interface SilenceWatchInit {
  channel: Pick<Channel, 'signsOfLife'>
  /** Nothing was sent for KEEPALIVE_INTERVAL_MS. */
  onIdle: () => void
  /** The other side was silent for too long. */
  onSilent: () => void
}

const TICK_MS = 500
/** After so long without a message, which is more than a keepalive takes, packets are looked at. */
const LOOK_TICKS = (2 * KEEPALIVE_INTERVAL_MS) / TICK_MS
/** The same where somebody wants to know soon: the engine's checks come every 2.5 s. */
const EARLY_LOOK_TICKS = 2
const QUIET_TICKS = QUIET_SENDER_MS / TICK_MS

/**
 * Notices when nothing goes over a channel. Counts time in ticks of its own, so that a machine that
 * slept does not blame the other side.
 */
export class SilenceWatch {
  readonly #init: SilenceWatchInit
  readonly #ticker: NodeJS.Timeout
  #onQuiet: ((isQuiet: boolean) => void) | undefined
  #isQuiet = false
  #quietTicks = 0
  #idleTicks = 0
  #signsOfLife = 0
  #lastTickMs = Date.now()
  /** How long the other side may be silent. */
  #patienceMs = SILENCE_TIMEOUT_MS

  constructor(init: SilenceWatchInit) {
    this.#init = init
    this.#ticker = setInterval(() => this.#tick(), TICK_MS)
  }

  /** A message came. */
  heard(): void {
    this.#quietTicks = 0
    this.#patienceMs = SILENCE_TIMEOUT_MS
  }

  /** A message was sent. */
  said(): void {
    this.#idleTicks = 0
  }

  /**
   * Names the one who is told when nothing has come for QUIET_SENDER_MS, neither messages nor
   * packets, and when something comes again.
   */
  onQuiet(handler: (isQuiet: boolean) => void): void {
    this.#onQuiet = handler
  }

  close(): void {
    clearInterval(this.#ticker)
  }

  #tick(): void {
    const { onIdle, onSilent } = this.#init
    this.#noteSleep()
    this.#quietTicks += 1
    this.#idleTicks += 1
    this.#tellQuiet()
    if (this.#quietTicks >= this.#lookTicks) void this.#lookForLife()
    if (this.#quietTicks * TICK_MS >= this.#patienceMs) onSilent()
    else if (this.#idleTicks * TICK_MS >= KEEPALIVE_INTERVAL_MS) onIdle()
  }

  /** After a long one the other side is gone, or soon says something. */
  #noteSleep(): void {
    const sleptMs = Date.now() - this.#lastTickMs
    this.#lastTickMs += sleptMs
    if (sleptMs < SILENCE_TIMEOUT_MS) return
    this.#quietTicks = 0
    this.#patienceMs = SILENCE_AFTER_SLEEP_MS
  }

  #tellQuiet(): void {
    const isQuiet = this.#quietTicks >= QUIET_TICKS
    if (isQuiet === this.#isQuiet) return
    this.#isQuiet = isQuiet
    this.#onQuiet?.(isQuiet)
  }

  get #lookTicks(): number {
    return this.#onQuiet ? EARLY_LOOK_TICKS : LOOK_TICKS
  }

  /** Packets since the last look, a tick ago, are as good as a message; the first look is to compare. */
  async #lookForLife(): Promise<void> {
    const isFirstLook = this.#quietTicks === this.#lookTicks
    const signs = await this.#init.channel.signsOfLife()
    if (!isFirstLook && signs > this.#signsOfLife) this.#quietTicks = 0
    this.#signsOfLife = signs
  }
}
