import { longestStallMs, megabitsPerSecond, span } from './rate-over-time.mjs'

const MIB = 1024 * 1024
/** What a transfer may take to find its speed, and needs at least after that to count without it. */
const START_MS = 3000
/** After a change of the line. */
const ADAPTING_MS = 5000
const LEAST_PHASE_MS = 2000

/**
 * @typedef {object} Finding
 * @property {string} mark what is asked for
 * @property {string} measured
 * @property {boolean} met
 *
 * @typedef {object} Observation what was seen of one case
 * @property {number} rateMbit of the line at the start
 * @property {import('./link-transfer.mjs').LinkTransfer[]} transfers
 * @property {{ atMs: number, stats: import('./wan-link.mjs').LinkStats }[]} readings
 * @property {{ atMs: number, rateMbit: number }[]} changes of the line, since the transfer began
 *
 * @typedef {(observation: Observation) => Finding} Mark
 */

/**
 * All arrived, and in time.
 * @type {Mark}
 */
export function finished({ transfers }) {
  const met = transfers.every(({ finished }) => finished)
  const reasons = transfers.map(({ stopped, sender, receiver }) =>
    stopped ? 'took too long' : [sender, receiver].map(({ complaint }) => complaint).join(' '),
  )
  return { mark: 'all arrives', measured: met ? 'yes' : `no: ${reasons.join(', ')}`, met }
}

/**
 * @param {number} leastShare of the line's bits, once the transfer has found its speed
 * @returns {Mark}
 */
export function carries(leastShare) {
  return ({ rateMbit, transfers }) => {
    const shares = transfers.map(({ samples }) => {
      const { fromMs, untilMs } = span(samples)
      const isLong = untilMs - fromMs >= 2 * START_MS
      const mbit = megabitsPerSecond(samples, isLong ? fromMs + START_MS : fromMs, untilMs)
      return mbit / rateMbit
    })
    const met = shares.every((share) => share >= leastShare)
    return { mark: `at least ${percent(leastShare)} of the line`, measured: list(shares), met }
  }
}

/**
 * @param {number} mostMs that the queues of both directions add to the round trip, on average
 * @returns {Mark}
 */
export function addsAtMost(mostMs) {
  return (observation) => {
    const addedMs = addedRoundTripMs(observation)
    const measured = `${addedMs.toFixed(1)} ms`
    return { mark: `adds under ${mostMs} ms to the round trip`, measured, met: addedMs < mostMs }
  }
}

/**
 * @param {number} mostMs
 * @returns {Mark}
 */
export function stallsAtMost(mostMs) {
  return ({ transfers }) => {
    const stallMs = Math.max(...transfers.map(({ samples }) => longestStallMs(samples)))
    const measured = `${(stallMs / 1000).toFixed(1)} s`
    return { mark: `no stall over ${mostMs / 1000} s`, measured, met: stallMs <= mostMs }
  }
}

/**
 * @param {number} leastShare of each rate that the line has in turn, from 5 s after each change on
 * @returns {Mark}
 */
export function followsTheLine(leastShare) {
  return ({ rateMbit, transfers, changes }) => {
    const { samples = [] } = transfers[0] ?? {}
    const { fromMs, untilMs } = span(samples)
    const phases = [{ atMs: fromMs, rateMbit }, ...changes].map((phase, index) => {
      const endMs = Math.min(changes[index]?.atMs ?? untilMs, untilMs)
      return { ...phase, fromMs: phase.atMs + ADAPTING_MS, endMs }
    })
    const shares = phases.map((phase) =>
      phase.endMs - phase.fromMs < LEAST_PHASE_MS
        ? NaN
        : megabitsPerSecond(samples, phase.fromMs, phase.endMs) / phase.rateMbit,
    )
    const mark = `within 5 s at least ${percent(leastShare)} of each rate`
    return { mark, measured: list(shares), met: shares.every((share) => share >= leastShare) }
  }
}

/**
 * @param {number} leastShare of the line's bits, for each transfer
 * @param {number} mostShare
 * @returns {Mark} looks at the time when all have found their speed and none is over
 */
export function divides(leastShare, mostShare) {
  return ({ rateMbit, transfers }) => {
    const spans = transfers.map(({ samples }) => span(samples))
    const fromMs = Math.max(...spans.map((one) => one.fromMs)) + START_MS
    const untilMs = Math.min(...spans.map((one) => one.untilMs))
    const shares = transfers.map(
      ({ samples }) => megabitsPerSecond(samples, fromMs, untilMs) / rateMbit,
    )
    const met = shares.every((share) => share >= leastShare && share <= mostShare)
    return {
      mark: `each ${percent(leastShare)} to ${percent(mostShare)} of the line`,
      measured: list(shares),
      met,
    }
  }
}

/**
 * @param {number} mostMib of each program, at its greatest
 * @returns {Mark}
 */
export function fitsInto(mostMib) {
  return ({ transfers }) => {
    const peaksMib = transfers.flatMap(({ sender, receiver }) =>
      [sender, receiver].map(({ peakBytes }) => peakBytes / MIB),
    )
    const measured = peaksMib.map((mib) => mib.toFixed(0)).join(' and ')
    const met = peaksMib.every((mib) => mib > 0 && mib < mostMib)
    return { mark: `each side under ${mostMib} MiB`, measured: `${measured} MiB`, met }
  }
}

/**
 * What the queues added to the round trip, on average over the time of the transfers.
 * @param {Observation} observation
 */
export function addedRoundTripMs({ transfers, readings }) {
  const spans = transfers.map(({ samples }) => span(samples))
  const fromMs = Math.min(...spans.map((one) => one.fromMs))
  const untilMs = Math.max(...spans.map((one) => one.untilMs))
  const during = readings.filter(({ atMs }) => atMs > fromMs && atMs <= untilMs)
  const added = during.map(({ stats }) => stats.aToB.meanWaitMs + stats.bToA.meanWaitMs)
  return added.reduce((sum, ms) => sum + ms, 0) / Math.max(added.length, 1)
}

/** @param {number} share */
function percent(share) {
  return Number.isNaN(share) ? 'too short' : `${Number((share * 100).toFixed(1))} %`
}

/** @param {number[]} shares */
function list(shares) {
  return shares.map(percent).join(', ')
}
