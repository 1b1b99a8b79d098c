const MIB = 1024 * 1024
const GIB = 1024 * MIB

/**
 * @typedef {import('./contenders/contender.mjs').Run} Run
 * @typedef {import('./rounds.mjs').Round} Round
 */

/**
 * One contender's rounds of one case. Medians, but for peaks and counts; undefined where nothing was
 * measured. A ratio compares two runs of the same round: 2 says that the subject took half the time.
 * @typedef {object} Summary
 * @property {number} runs
 * @property {number} failures
 * @property {number | undefined} transferMegabytesPerSecond
 * @property {number | undefined} endToEndMegabytesPerSecond
 * @property {{ median: number | undefined, fastest: number | undefined,
 *   slowest: number | undefined }} totalSeconds from the start of both sides to both exits
 * @property {{ transfer: number | undefined, endToEnd: number | undefined }} subjectIsFasterBy
 * @property {number | undefined} cpuSeconds
 * @property {number | undefined} cpuSecondsPerGib
 * @property {{ sender: number | undefined, receiver: number | undefined }} peakMib the largest
 */

/**
 * @param {Round[]} rounds
 * @param {string} name
 * @param {string} subject the contender that the ratios are about
 * @returns {Summary}
 */
export function summarize(rounds, name, subject) {
  const runs = rounds.map((round) => succeeded(round[name])).filter((run) => run !== undefined)
  return {
    runs: runs.length,
    failures: rounds.length - runs.length,
    transferMegabytesPerSecond: median(runs.map(({ bytes, seconds }) => rate(bytes, seconds))),
    endToEndMegabytesPerSecond: median(
      runs.map(({ bytes, totalSeconds }) => rate(bytes, totalSeconds)),
    ),
    totalSeconds: spread(runs.map(({ totalSeconds }) => totalSeconds)),
    subjectIsFasterBy: ratios(rounds, name, subject),
    cpuSeconds: median(runs.map(({ cpuSeconds }) => cpuSeconds)),
    cpuSecondsPerGib: median(
      runs.map(({ bytes, cpuSeconds }) => cpuSeconds && (cpuSeconds * GIB) / bytes),
    ),
    peakMib: {
      sender: largestMib(runs.map(({ peakBytes }) => peakBytes.sender)),
      receiver: largestMib(runs.map(({ peakBytes }) => peakBytes.receiver)),
    },
  }
}

/**
 * The middle of the numbers that are known, or the mean of the two middle ones.
 * @param {(number | undefined)[]} numbers
 * @returns {number | undefined} undefined where none is
 */
export function median(numbers) {
  const sorted = known(numbers).sort((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  const [below, above] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]]
  return below === undefined || above === undefined ? undefined : (below + above) / 2
}

/**
 * @param {Round[]} rounds
 * @param {string} name
 * @param {string} subject
 */
function ratios(rounds, name, subject) {
  const pairs = rounds.map((round) => [succeeded(round[name]), succeeded(round[subject])])
  return {
    transfer: median(pairs.map(([run, own]) => quotient(run?.seconds, own?.seconds))),
    endToEnd: median(pairs.map(([run, own]) => quotient(run?.totalSeconds, own?.totalSeconds))),
  }
}

/**
 * @param {Run | { error: string } | undefined} run
 * @returns {Run | undefined}
 */
function succeeded(run) {
  return run === undefined || 'error' in run ? undefined : run
}

/** @param {number[]} numbers */
function spread(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b)
  return { median: median(numbers), fastest: sorted.at(0), slowest: sorted.at(-1) }
}

/**
 * @param {number} bytes
 * @param {number | undefined} seconds
 */
function rate(bytes, seconds) {
  return quotient(bytes / 1e6, seconds)
}

/**
 * @param {number | undefined} above
 * @param {number | undefined} below
 */
function quotient(above, below) {
  return above && below ? above / below : undefined
}

/** @param {(number | undefined)[]} sizes in bytes */
function largestMib(sizes) {
  const all = known(sizes)
  return all.length === 0 ? undefined : Math.max(...all) / MIB
}

/** @param {(number | undefined)[]} numbers */
function known(numbers) {
  return numbers.filter((number) => number !== undefined)
}
