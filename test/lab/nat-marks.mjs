import { median } from '../bench/summary.mjs'

const MOST_SECONDS_TO_FAIL = 20
const NO_PATH_STATUS = 5
/** Without a relay, a relay is what would help. */
const EXPLAINS = /relay/

/**
 * @typedef {object} Limits
 * @property {number} mostSecondsToConnect
 * @property {number} leastOfBare share of what a bare channel over the same relay carries
 */

/** @type {Limits} */
export const LIMITS = { mostSecondsToConnect: 3, leastOfBare: 0.6 }

/** For a single run, with room for a slow machine. @type {Limits} */
export const LIMITS_OF_ONE_RUN = { mostSecondsToConnect: 8, leastOfBare: 0.4 }

/** Of all that passed between a machine and the others, what went the way that is named. */
const LEAST_SHARE = 0.9

/**
 * The ways that data may go, from the best to the worst.
 * @typedef {'direct' | 'relay over UDP' | 'relay over TCP 443' | 'relay over TCP' | 'several'} Way
 * @type {Way[]}
 */
const WAYS = ['direct', 'relay over UDP', 'relay over TCP 443', 'relay over TCP', 'several']

/** @type {Record<import('./nat-cells.mjs').Expectation, Way[]>} */
const FITTING = {
  direct: ['direct'],
  relay: ['relay over UDP', 'relay over TCP 443', 'relay over TCP'],
  'relay over TCP 443': ['relay over TCP 443'],
  'no path': [],
}

/**
 * @typedef {import('./nat-network.mjs').Traffic} Traffic
 *
 * @typedef {object} Observation what was seen of a cell
 * @property {import('./nat-cells.mjs').Expectation} expected
 * @property {Pick<import('./nat-transfer.mjs').NatTransfer,
 *   'arrived' | 'connectedSeconds' | 'bytesPerSecond' | 'seconds' | 'ends' | 'traffic'>[]} transfers
 * @property {number[]} bareBytesPerSecond of the bare channel; empty unless compared with it
 *
 * @typedef {object} Judgement
 * @property {Record<string, string>} measured by the names of the table's columns
 * @property {string[]} misses what is not as it must be
 */

/**
 * The way that went what passed at a machine.
 * @param {Traffic} traffic
 * @returns {Way}
 */
export function wayOf({ peer, relayUdp, relayTcp443, relayTcpElsewhere }) {
  const counts = [peer, relayUdp, relayTcp443, relayTcpElsewhere]
  const all = counts.reduce((sum, bytes) => sum + bytes, 0)
  const index = counts.findIndex((bytes) => bytes > LEAST_SHARE * all)
  return WAYS[index] ?? 'several'
}

/**
 * @param {Observation} observation
 * @param {Limits} limits
 * @returns {Judgement}
 */
export function judge(observation, limits) {
  const { expected } = observation
  return expected === 'no path' ? judgeFailure(observation) : judgeSuccess(observation, limits)
}

/**
 * @param {Observation} observation
 * @param {Limits} limits
 * @returns {Judgement}
 */
function judgeSuccess({ expected, transfers, bareBytesPerSecond }, limits) {
  const { mostSecondsToConnect, leastOfBare } = limits
  const told = unique(
    transfers.flatMap(({ ends }) =>
      bothOf(ends).map(({ path, transport }) => (path ? `${path} ${transport}` : 'nothing')),
    ),
  )
  const ways = unique(transfers.map(({ traffic }) => worse(traffic)))
  const seconds = median(transfers.map(({ connectedSeconds }) => connectedSeconds)) ?? NaN
  const speed = median(transfers.map(({ bytesPerSecond }) => bytesPerSecond)) ?? NaN
  const ratio = speed / (median(bareBytesPerSecond) ?? NaN)
  const isCompared = bareBytesPerSecond.length > 0
  const complaints = transfers.flatMap(({ arrived, ends }) => (arrived ? [] : [complaint(ends)]))
  const path = expected === 'direct' ? 'direct' : 'relay'
  const misses = [
    ...complaints,
    ...(told.every((one) => one.startsWith(path)) ? [] : [`both must tell of ${path}`]),
    ...(ways.every((way) => FITTING[expected].includes(way)) ? [] : [`it must go by ${expected}`]),
    ...(seconds <= mostSecondsToConnect ? [] : [`over ${mostSecondsToConnect} s to connect`]),
    ...(isCompared && !(ratio >= leastOfBare) ? [`under ${leastOfBare} of a bare channel`] : []),
  ]
  const measured = {
    told: told.join(', '),
    carried: ways.join(', '),
    'connected (s)': seconds.toFixed(2),
    'MB/s': (speed / 1e6).toFixed(1),
    'of bare': isCompared ? ratio.toFixed(2) : '',
  }
  return { measured, misses }
}

/**
 * @param {Observation} observation
 * @returns {Judgement}
 */
function judgeFailure({ transfers }) {
  const ends = transfers.flatMap((transfer) => bothOf(transfer.ends))
  const statuses = unique(ends.map(({ status }) => status))
  const sentences = unique(ends.map(({ sentence }) => sentence))
  const seconds = median(transfers.map((transfer) => transfer.seconds)) ?? NaN
  const misses = [
    ...(statuses.every((status) => status === NO_PATH_STATUS)
      ? []
      : ['both must end with status 5']),
    ...(seconds <= MOST_SECONDS_TO_FAIL ? [] : [`over ${MOST_SECONDS_TO_FAIL} s to fail`]),
    ...(sentences.every((sentence) => EXPLAINS.test(sentence)) ? [] : ['both must say why']),
  ]
  const measured = {
    status: statuses.join(', '),
    'failed (s)': seconds.toFixed(1),
    sentence: sentences.join(' | '),
  }
  return { measured, misses }
}

/** @param {Observation['transfers'][number]['ends']} ends */
function bothOf({ alice, bob }) {
  return [alice, bob]
}

/**
 * What both sides said of a transfer that did not get to its end.
 * @param {Observation['transfers'][number]['ends']} ends
 */
function complaint(ends) {
  const said = bothOf(ends).map(({ status, sentence }) => `status ${status} ${sentence}`.trim())
  return `not all arrived: ${said.join(' | ')}`
}

/** @param {Record<string, Traffic>} traffic */
function worse(traffic) {
  const ways = Object.values(traffic).map(wayOf)
  return WAYS.findLast((way) => ways.includes(way)) ?? 'several'
}

/**
 * @template Item
 * @param {Item[]} items
 */
function unique(items) {
  return [...new Set(items)]
}
