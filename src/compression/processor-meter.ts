import { availableParallelism, cpus } from 'node:os'

/** Sums since some moment in the past, in milliseconds. */
export interface ProcessorTimes {
  /** Processor time of this process, all its threads. */
  ownMs: number
  /** Time in which processors of this machine had nothing to do, added up. */
  idleMs: number
}

export interface ProcessorMeterInit {
  /** A clock in milliseconds. */
  now: () => number
  /** Where the times come from: this process and machine unless told otherwise. */
  times?: () => ProcessorTimes
  /** The most processors that this process may use. */
  maxProcessors?: number
}

export interface ProcessorReading {
  /** What this process used since the reading before. */
  processorMs: number
  /** How many processors it could have used: its own use and what was idle. */
  availableProcessors: number
}

/** Tells how much of the machine's processors this process has, and how much it could have. */
export class ProcessorMeter {
  readonly #now: () => number
  readonly #times: () => ProcessorTimes
  readonly #maxProcessors: number
  #last: ProcessorTimes & { atMs: number }

  constructor(init: ProcessorMeterInit) {
    this.#now = init.now
    this.#times = init.times ?? machineTimes
    this.#maxProcessors = init.maxProcessors ?? availableParallelism()
    this.#last = { ...this.#times(), atMs: this.#now() }
  }

  /** The time since the reading before, or since the meter was made. */
  read(): ProcessorReading {
    const next = { ...this.#times(), atMs: this.#now() }
    const processorMs = next.ownMs - this.#last.ownMs
    const idleMs = Math.max(0, next.idleMs - this.#last.idleMs)
    // Shorter times than the clock of the kernel counts in say nothing.
    const durationMs = Math.max(1, next.atMs - this.#last.atMs)
    this.#last = next
    const processors = (processorMs + idleMs) / durationMs
    return {
      processorMs,
      availableProcessors: Math.min(this.#maxProcessors, Math.max(processors, MIN_PROCESSORS)),
    }
  }
}

/** A process that got less was merely not looked at for long enough. */
const MIN_PROCESSORS = 0.1
const MICROSECONDS_PER_MS = 1000

function machineTimes(): ProcessorTimes {
  const { user, system } = process.cpuUsage()
  const idleMs = cpus().reduce((sum, { times }) => sum + times.idle, 0)
  return { ownMs: (user + system) / MICROSECONDS_PER_MS, idleMs }
}
