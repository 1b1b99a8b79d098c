import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { linkTransfer, startServer } from './link-transfer.mjs'
import { addedRoundTripMs, finished, fitsInto } from './marks.mjs'
import { everySecond, span } from './rate-over-time.mjs'
import { WanLink } from './wan-link.mjs'

const READING_MS = 100
const MOST_MIB = 250

/**
 * @typedef {object} Setting
 * @property {string} directory for what is saved
 * @property {string} linkProgram
 * @property {string} program p2pshare's
 * @property {string} file to send
 * @property {string} [tcpCongestion] the name of the algorithm; what the system has unless told
 */

/**
 * Runs one case on a line of its own.
 * @param {import('./wan-cases.mjs').Case} one
 * @param {Setting} setting
 */
export async function measureCase(one, setting) {
  const link = await WanLink.start(setting.linkProgram, one.line)
  link.tcpCongestionControl(setting.tcpCongestion)
  /** @type {import('./marks.mjs').Observation['readings']} */
  const readings = []
  const reader = setInterval(
    () =>
      link.stats().then(
        (stats) => readings.push({ atMs: Date.now(), stats }),
        () => {},
      ),
    READING_MS,
  )
  try {
    const { transfers, changes } = await transferAll(one, link, setting)
    const observation = { rateMbit: one.line.rateMbit, transfers, readings, changes }
    const marks = [finished, ...one.marks, fitsInto(MOST_MIB)]
    const findings = marks.map((mark) => mark(observation))
    return { name: one.name, findings, ...summary(observation, await link.stats()) }
  } finally {
    clearInterval(reader)
    await link.close()
  }
}

/**
 * @param {import('./wan-cases.mjs').Case} one
 * @param {WanLink} link
 * @param {Setting} setting
 */
async function transferAll(one, link, { program, file, directory }) {
  const server = await startServer(link, program)
  const targets = Array.from({ length: one.transfers ?? 1 }, (_, index) =>
    join(directory, `saved-${index}`),
  )
  const changing = new ChangingLine(link, one.changes ?? [])
  try {
    const transfers = await Promise.all(
      targets.map((target) =>
        linkTransfer(link, {
          program,
          rendezvous: server.url,
          file,
          target,
          limitMs: one.limitSeconds * 1000,
          onOffer: () => changing.start(),
        }),
      ),
    )
    return { transfers, changes: changing.made }
  } finally {
    changing.stop()
    await server.close()
    await Promise.all(targets.map((target) => rm(target, { force: true })))
  }
}

/** Changes the rate of a line, once something has begun on it. */
class ChangingLine {
  /** @type {{ atMs: number, rateMbit: number }[]} */
  made = []
  #link
  #planned
  /** @type {NodeJS.Timeout[]} */
  #timers = []

  /**
   * @param {WanLink} link
   * @param {{ afterMs: number, rateMbit: number }[]} planned
   */
  constructor(link, planned) {
    this.#link = link
    this.#planned = planned
  }

  start() {
    this.#timers = this.#planned.map(({ afterMs, rateMbit }) =>
      setTimeout(() => {
        this.#link.setRate(rateMbit)
        this.made.push({ atMs: Date.now(), rateMbit })
      }, afterMs),
    )
  }

  stop() {
    for (const timer of this.#timers) clearTimeout(timer)
  }
}

/**
 * @param {import('./marks.mjs').Observation} observation
 * @param {import('./wan-link.mjs').LinkStats} stats
 */
function summary(observation, stats) {
  const { transfers, readings } = observation
  return {
    addedRoundTripMs: addedRoundTripMs(observation),
    greatestWaitMs: Math.max(0, ...readings.map(({ stats }) => stats.aToB.maxWaitMs)),
    latestMs: Math.max(0, ...readings.map(({ stats }) => stats.latestMs)),
    line: stats,
    waits: readings.map(({ atMs, stats: { aToB, bToA } }) => ({
      atMs,
      toReceiverMs: aToB.meanWaitMs,
      toSenderMs: bToA.meanWaitMs,
    })),
    transfers: transfers.map((transfer) => {
      const { fromMs, untilMs } = span(transfer.samples)
      return {
        ...transfer,
        seconds: (untilMs - fromMs) / 1000,
        mbitEverySecond: everySecond(transfer.samples).map((mbit) => Math.round(mbit)),
      }
    }),
  }
}
