import type { Diagnostic } from '../diagnostics.ts'
import type { Detail } from './command.ts'
import { diagnosticLine } from './diagnostic-line.ts'

export interface DiagnosticLogInit {
  detail: Detail
  write: (line: string) => void
  now?: () => number
}

/**
 * Writes diagnostics as lines: for `debug` all of them with the time of day, for `verbose` those
 * that explain something, with the seconds since the beginning.
 */
export class DiagnosticLog {
  readonly #init: DiagnosticLogInit
  readonly #now: () => number
  readonly #beganMs: number
  /** The last that was told of each server: it is asked again and again. */
  readonly #servers = new Map<string, string>()
  /** Where the other side is only guessed to be; that nobody answers there says nothing. */
  readonly #guesses = new Set<string>()

  constructor(init: DiagnosticLogInit) {
    this.#init = init
    this.#now = init.now ?? Date.now
    this.#beganMs = this.#now()
  }

  onDiagnostic(diagnostic: Diagnostic): void {
    const { detail, write } = this.#init
    const isShown = this.#explains(diagnostic) || detail === 'debug'
    if (!isShown) return
    const nowMs = this.#now()
    const time =
      detail === 'debug'
        ? new Date(nowMs).toISOString()
        : `[${((nowMs - this.#beganMs) / 1000).toFixed(2).padStart(6)} s]`
    write(`${time} ${diagnosticLine(diagnostic)}.`)
  }

  #explains(diagnostic: Diagnostic): boolean {
    switch (diagnostic.diagnostic) {
      case 'engine':
        return false
      case 'candidate':
        return diagnostic.lane === 0
      case 'search': {
        const isNew = diagnostic.urls.some((url) => !this.#guesses.has(url))
        for (const url of diagnostic.urls) this.#guesses.add(url)
        return isNew
      }
      case 'server':
        return this.#isNews(diagnostic)
      default:
        return true
    }
  }

  #isNews({ url, state }: Diagnostic & { diagnostic: 'server' }): boolean {
    const last = this.#servers.get(url)
    const isQuestion = state === 'asking' || state === 'unreachable'
    if (isQuestion && this.#guesses.has(url)) return false
    if (state === 'asking' && last !== undefined) return false
    this.#servers.set(url, state)
    return state !== last
  }
}
