import { RateLimiterMemory } from 'rate-limiter-flexible'
import type { ServerLogger } from './logger.ts'

/** Logs who went over a limit: once a minute for each address and reason, so that no flood fills it. */
export class AbuseLog {
  readonly #logger: ServerLogger
  readonly #oncePerMinute = new RateLimiterMemory({ points: 1, duration: 60 })

  constructor(logger: ServerLogger) {
    this.#logger = logger
  }

  /** `address` as a budget's key. */
  report(address: string, reason: string): void {
    this.#oncePerMinute.consume(`${reason} ${address}`).then(
      () => this.#logger.warn({ address, reason }, 'client over a limit'),
      () => undefined,
    )
  }
}
