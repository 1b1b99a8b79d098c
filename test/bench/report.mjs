/**
 * @typedef {import('./contenders/contender.mjs').Run} Run
 * @typedef {import('./summary.mjs').Summary} Summary
 */

/** What holds for all figures; shown with them. */
export const NOTES = [
  'All run in every round, one after the other, each round beginning with another one. Figures are',
  'medians, ratios those of the same round: 2 says that p2pshare took half the time. Memory is the',
  'largest resident size of a side. CPU seconds are those of both sides and a server between them.',
  'End to end is from the start of both sides to both exits, with the start of their runtimes.',
  'Each program runs with its own defaults, compression included. p2pshare flushes the file to the',
  'disk before it says that it is saved, the others leave that to the system.',
]

/**
 * A line about one transfer, while the others are still to come.
 * @param {string} title
 * @param {number} round
 * @param {string} name
 * @param {Run | { error: string }} run
 */
export function runLine(title, round, name, run) {
  const start = `${title}, round ${round + 1}, ${name}:`
  if ('error' in run) return `${start} FAILED: ${run.error}`
  const { seconds, totalSeconds } = run
  const transfer = seconds === undefined ? '' : `, transfer alone ${seconds.toFixed(2)} s`
  return `${start} ${totalSeconds.toFixed(2)} s end to end${transfer}`
}

/**
 * @param {{ small: boolean, summaries: Record<string, Summary> }} results of one case, by contender
 * @returns {Record<string, Record<string, unknown>>} rows for `console.table`
 */
export function table({ small, summaries }) {
  const row = small ? smallRow : largeRow
  return Object.fromEntries(
    Object.entries(summaries).map(([name, summary]) => [name, cells(row(summary))]),
  )
}

/** @param {Summary} summary */
function largeRow(summary) {
  return {
    'end to end MB/s': summary.endToEndMegabytesPerSecond,
    'transfer MB/s': summary.transferMegabytesPerSecond,
    'p2pshare is times as fast': summary.subjectIsFasterBy.endToEnd,
    'transfer: times as fast': summary.subjectIsFasterBy.transfer,
    'CPU s/GiB': summary.cpuSecondsPerGib,
    ...counts(summary),
  }
}

/** @param {Summary} summary */
function smallRow(summary) {
  return {
    'end to end s': summary.totalSeconds.median,
    fastest: summary.totalSeconds.fastest,
    slowest: summary.totalSeconds.slowest,
    'p2pshare is times as fast': summary.subjectIsFasterBy.endToEnd,
    'CPU s': summary.cpuSeconds,
    ...counts(summary),
  }
}

/** @param {Summary} summary */
function counts({ peakMib, runs, failures }) {
  return {
    'sender MiB': peakMib.sender,
    'receiver MiB': peakMib.receiver,
    runs: failures === 0 ? runs : `${runs}, ${failures} FAILED`,
  }
}

/**
 * Rounded; what is not known is left out.
 * @param {Record<string, number | string | undefined>} row
 */
function cells(row) {
  const known = Object.entries(row).filter(([, value]) => value !== undefined)
  return Object.fromEntries(
    known.map(([name, value]) => [
      name,
      typeof value === 'number' ? Number(value.toFixed(value >= 100 ? 0 : 2)) : value,
    ]),
  )
}
