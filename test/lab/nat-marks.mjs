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

/** Of all that passed at a machine, what goes the one way that is expected. */
const LEAST_SHARE = 0.9
/** What goes straight where that becomes possible in the middle. */
const LEAST_SHARE_IN_THE_END = 0.2

/**
 * @typedef {import('./nat-network.mjs').Traffic} Traffic
 * @typedef {import('./nat-cells.mjs').Expectation} Expectation
 * @typedef {import('./nat-transfer.mjs').SideEnd} SideEnd
 *
 * @typedef {object} Observation what was seen of a cell
 * @property {Expectation} expected
 * @property {Pick<import('./nat-transfer.mjs').NatTransfer,
 *   'arrived' | 'connectedSeconds' | 'bytesPerSecond' | 'seconds' | 'ends' | 'traffic'>[]} transfers
 * @property {number[]} bareBytesPerSecond of the bare channel; empty unless compared with it
 * @property {string} [reason] what both have to name where there is no path
 * @property {string[]} unmet what else did not come about
 *
 * @typedef {object} Judgement
 * @property {Record<string, string>} measured by the names of the table's columns
 * @property {string[]} misses what is not as it must be
 */

/** The ways that data may go: under the name of the counter, what it is called. */
const WAYS = /** @type {const} */ ({
  peer: 'direct',
  relayUdp: 'relay over UDP',
  relayTcp443: 'relay over TCP 443',
  relayTcpElsewhere: 'relay over TCP',
})

/** @typedef {keyof typeof WAYS} Way */

/**
 * Whether what passed at both machines is as expected.
 * @type {Record<Expectation, (traffic: Traffic[]) => boolean>}
 */
const FITS = {
  direct: (traffic) => traffic.every((one) => share(one, 'peer') >= LEAST_SHARE),
  relay: (traffic) => traffic.every(isRelayed),
  'relay over TCP 443': (traffic) =>
    traffic.every(isRelayed) && traffic.some((one) => share(one, 'relayTcp443') >= LEAST_SHARE),
  'nothing but relay': (traffic) => traffic.every((one) => isRelayed(one) && one.peer === 0),
  'direct in the end': (traffic) =>
    traffic.every((one) => share(one, 'peer') >= LEAST_SHARE_IN_THE_END),
  'no path': () => true,
}

/**
 * Whether what both programs tell is as expected.
 * @type {Record<Expectation, (ends: SideEnd[]) => boolean>}
 */
const TELLS = {
  direct: (ends) => ends.every((end) => isTold(end, 'direct', 'direct')),
  relay: (ends) => ends.every((end) => isTold(end, 'relay', 'relay')),
  'relay over TCP 443': (ends) =>
    TELLS.relay(ends) && ends.some(({ transport }) => transport === 'tcp'),
  'nothing but relay': (ends) => TELLS.relay(ends),
  'direct in the end': (ends) => ends.every((end) => isTold(end, 'relay', 'direct')),
  'no path': (ends) => ends.every(({ path }) => path === undefined),
}

/**
 * @param {SideEnd} end
 * @param {string} first
 * @param {string} last
 */
function isTold({ path, lastPath }, first, last) {
  return path === first && lastPath === last
}

/** @param {Traffic} traffic */
function isRelayed(traffic) {
  return share(traffic, 'relayUdp', 'relayTcp443', 'relayTcpElsewhere') >= LEAST_SHARE
}

/**
 * Of all that passed at a machine, what went some ways; 0 where nothing passed.
 * @param {Traffic} traffic
 * @param {Way[]} ways
 */
function share(traffic, ...ways) {
  const sum = (/** @type {number[]} */ numbers) => numbers.reduce((a, b) => a + b, 0)
  return sum(ways.map((way) => traffic[way])) / Math.max(1, sum(Object.values(traffic)))
}

/**
 * What passed at a machine: `direct`, or `relay over UDP 98 %, direct 2 %`.
 * @param {Traffic} traffic
 */
export function describeTraffic(traffic) {
  const ways = /** @type {Way[]} */ (Object.keys(WAYS))
  return ways
    .map((way) => ({ way, percent: Math.round(100 * share(traffic, way)) }))
    .filter(({ percent }) => percent > 0)
    .sort((one, other) => other.percent - one.percent)
    .map(({ way, percent }) => (percent === 100 ? WAYS[way] : `${WAYS[way]} ${percent} %`))
    .join(', ')
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
function judgeSuccess({ expected, transfers, bareBytesPerSecond, unmet }, limits) {
  const { mostSecondsToConnect, leastOfBare } = limits
  const ends = transfers.map((transfer) => bothOf(transfer.ends))
  const told = unique(
    ends.flat().map(({ path, transport, lastPath }) => {
      const first = path ? `${path} ${transport}` : 'nothing'
      return lastPath === path ? first : `${first}, then ${lastPath}`
    }),
  )
  const traffic = transfers.map((transfer) => bothOf(transfer.traffic))
  const seconds = median(transfers.map(({ connectedSeconds }) => connectedSeconds)) ?? NaN
  const speed = median(transfers.map(({ bytesPerSecond }) => bytesPerSecond)) ?? NaN
  const ratio = speed / (median(bareBytesPerSecond) ?? NaN)
  const isCompared = bareBytesPerSecond.length > 0
  const complaints = transfers.flatMap(({ arrived, ends }) => (arrived ? [] : [complaint(ends)]))
  const misses = [
    ...complaints,
    ...unmet,
    ...(ends.every(TELLS[expected]) ? [] : [`both must tell of ${expected}`]),
    ...(traffic.every(FITS[expected]) ? [] : [`it must go by ${expected}`]),
    ...(seconds <= mostSecondsToConnect ? [] : [`over ${mostSecondsToConnect} s to connect`]),
    ...(isCompared && !(ratio >= leastOfBare) ? [`under ${leastOfBare} of a bare channel`] : []),
  ]
  const measured = {
    told: told.join(' | '),
    carried: unique(traffic.flat().map(describeTraffic)).join(' | '),
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
function judgeFailure({ expected, transfers, reason = '' }) {
  const ends = transfers.flatMap((transfer) => bothOf(transfer.ends))
  const statuses = unique(ends.map(({ status }) => status))
  const sentences = unique(ends.map(({ sentence }) => sentence))
  const seconds = median(transfers.map((transfer) => transfer.seconds)) ?? NaN
  const misses = [
    ...(statuses.every((status) => status === NO_PATH_STATUS)
      ? []
      : ['both must end with status 5']),
    ...(seconds <= MOST_SECONDS_TO_FAIL ? [] : [`over ${MOST_SECONDS_TO_FAIL} s to fail`]),
    ...(TELLS[expected](ends) ? [] : ['none may tell of a connection']),
    ...(sentences.every((sentence) => EXPLAINS.test(sentence)) ? [] : ['both must say why']),
    ...(sentences.every((sentence) => sentence.includes(reason))
      ? []
      : [`both must say ${reason}`]),
  ]
  const measured = {
    status: statuses.join(', '),
    'failed (s)': seconds.toFixed(1),
    sentence: sentences.join(' | '),
  }
  return { measured, misses }
}

/**
 * @template Item
 * @param {Record<import('./nat-network.mjs').Side, Item>} sides
 */
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

/**
 * @template Item
 * @param {Item[]} items
 */
function unique(items) {
  return [...new Set(items)]
}
