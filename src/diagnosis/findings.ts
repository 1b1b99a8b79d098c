import { type ErrorCode, ShareError, throwIfAborted } from '../errors.ts'
import type { CheckName, CheckResult, DoctorSummary, DoctorWatcher } from '../events.ts'

/** What a command fails with because of a check; any other has no say in that. */
const CODES: Partial<Record<CheckName, ErrorCode>> = {
  engine: 'internal',
  rendezvous: 'no-rendezvous',
  certificate: 'no-rendezvous',
  'free-space': 'disk-full',
}

/** What the checks found so far, in the order in which they are to be told. */
export class Findings {
  readonly results: CheckResult[] = []
  readonly #onEvent: DoctorWatcher
  readonly #signal: AbortSignal
  readonly #startMs = performance.now()

  constructor(onEvent: DoctorWatcher, signal: AbortSignal) {
    this.#onEvent = onEvent
    this.#signal = signal
  }

  /**
   * Adds what a check found, and tells it. Throws why the doctor was stopped, if it was: then a
   * check that failed has found nothing.
   */
  add(result: CheckResult): void {
    throwIfAborted(this.#signal)
    this.results.push(result)
    this.#onEvent({ event: 'check', ...result })
  }

  /** What they come to, which is told as the end. */
  finish(): DoctorSummary {
    const count = (verdict: CheckResult['verdict']) =>
      this.results.filter((result) => result.verdict === verdict).length
    const summary = {
      ok: count('ok'),
      warnings: count('warning'),
      failed: count('failed'),
      skipped: count('skipped'),
      seconds: Math.round(performance.now() - this.#startMs) / 1000,
    }
    this.#onEvent({ event: 'done', ...summary })
    return summary
  }

  /** Why a transfer would not work, of the first check that failed; undefined where it would. */
  get failure(): ShareError | undefined {
    const failed = this.results.find(({ verdict }) => verdict === 'failed')
    if (failed === undefined) return undefined
    const { name, message, hint, bytes } = failed
    const isUnusable = name === 'free-space' && bytes === undefined
    const code = isUnusable ? 'file-failed' : (CODES[name] ?? 'no-path')
    return new ShareError(code, message, { hint })
  }
}
