/**
 * `npm run lab:check`: whether the link keeps to what it is told, seen from programs at its ends.
 * Needs Linux, root and gcc; takes half a minute. The exit status is 1 if it does not.
 */
import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startProcess, stopProcess } from './processes.mjs'
import { compileLink, SERVER_PORT, WanLink } from './wan-link.mjs'

const PROBE = fileURLToPath(new URL('./link-probe.mjs', import.meta.url))
const OTHER_PORT = 5001
const PINGS = 50

/**
 * @typedef {{ atMs: number, packets: number, bytes: number, tcpBytes: number }} Report of the sink
 * @typedef {{ what: string, told: number, measured: number, tolerance: number }} Row
 * @typedef {{
 *   link: WanLink, reports: Report[], probe(...argv: (string | number)[]): Promise<any>
 * }} Bench
 */

const directory = mkdtempSync(join(tmpdir(), 'p2pshare-link-'))
process.on('exit', () => rmSync(directory, { recursive: true, force: true }))
process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))
const linkProgram = compileLink(directory)

const rows = [
  ...(await onLink({ rateMbit: 200, roundTripMs: 40, queueMs: 50 }, idleDelay)),
  ...(await onLink({ rateMbit: 100, roundTripMs: 20, queueMs: 50 }, overload)),
  ...(await onLink({ rateMbit: 200, roundTripMs: 20, lossPercent: 1 }, loss)),
  ...(await onLink({ rateMbit: 100, roundTripMs: 20, queueMs: 100 }, changedRate)),
  ...(await onLink({ rateMbit: 200, roundTripMs: 20, queueMs: 50 }, tcpRate)),
  ...(await onLink({ rateMbit: 200, roundTripMs: 20, udpOnly: true }, barredTcp)),
]
console.table(
  rows.map((row) => ({
    ...row,
    measured: Number(row.measured.toFixed(2)),
    holds: holds(row) ? 'yes' : 'NO',
  })),
)
process.exitCode = rows.every(holds) ? 0 : 1

/** @param {Row} row */
function holds({ told, measured, tolerance }) {
  return Math.abs(measured - told) <= tolerance
}

/**
 * @param {import('./wan-link.mjs').Line} line
 * @param {(bench: Bench) => Promise<Row[]>} check
 */
async function onLink(line, check) {
  const link = await WanLink.start(linkProgram, line)
  const [command = '', ...argv] = link.inside('b', [process.execPath, PROBE, 'sink'])
  const sink = startProcess(spawn(command, argv, { stdio: ['ignore', 'pipe', 'inherit'] }))
  /** @type {Report[]} */
  const reports = []
  createInterface({ input: sink.stdout }).on('line', (text) => reports.push(JSON.parse(text)))
  try {
    while (reports.length === 0) await sleep(20)
    return await check({ link, reports, probe: (...argv) => probe(link, argv) })
  } finally {
    await stopProcess(sink)
    await link.close()
  }
}

/**
 * @param {WanLink} link
 * @param {(string | number)[]} argv
 */
async function probe(link, argv) {
  const [command = '', ...rest] = link.inside('a', [process.execPath, PROBE, ...argv.map(String)])
  const { stdout } = await promisify(execFile)(command, rest)
  return JSON.parse(stdout)
}

/** @param {Bench} bench */
async function idleDelay({ link, probe }) {
  const { roundTripsMs } = await probe('ping', link.addresses.b, PINGS)
  return [
    { what: 'round trip, ms', told: 40, measured: median(roundTripsMs), tolerance: 1.5 },
    { what: 'pings answered', told: PINGS, measured: roundTripsMs.length, tolerance: 0 },
  ]
}

/**
 * Half as much again as the line can carry.
 * @param {Bench} bench
 */
async function overload({ link, reports, probe }) {
  const blast = probe('blast', link.addresses.b, 150, 4)
  await sleep(1500)
  const busy = probe('ping', link.addresses.b, PINGS)
  const fromMs = Date.now()
  await sleep(2000)
  const stats = await link.stats()
  const rate = mbit(reports, 'bytes', fromMs, fromMs + 1900)
  const { sent } = await blast
  const { roundTripsMs } = await busy
  const { sentPackets, droppedPackets } = (await link.stats()).aToB
  return [
    { what: 'rate over UDP, Mbit/s', told: 100, measured: rate, tolerance: 3 },
    { what: 'longest wait, ms', told: 50, measured: stats.aToB.maxWaitMs, tolerance: 1 },
    { what: 'full, round trip, ms', told: 70, measured: median(roundTripsMs), tolerance: 3 },
    {
      what: 'packets sent and dropped',
      told: sent,
      measured: sentPackets + droppedPackets,
      tolerance: PINGS + 10,
    },
  ]
}

/** @param {Bench} bench */
async function loss({ link, reports, probe }) {
  const { sent } = await probe('blast', link.addresses.b, 100, 4)
  await sleep(500)
  const arrived = reports.at(-1)?.packets ?? 0
  const { lostPackets } = (await link.stats()).aToB
  return [
    { what: 'loss, %', told: 1, measured: (1 - arrived / sent) * 100, tolerance: 0.25 },
    {
      what: 'loss as the link counts, packets',
      told: sent - arrived,
      measured: lostPackets,
      tolerance: 5,
    },
  ]
}

/** @param {Bench} bench */
async function changedRate({ link, reports, probe }) {
  const blast = probe('blast', link.addresses.b, 130, 5)
  await sleep(1500)
  const changedMs = Date.now()
  link.setRate(10)
  await sleep(3000)
  await blast
  return [
    {
      what: 'before, Mbit/s',
      told: 100,
      measured: mbit(reports, 'bytes', changedMs - 700, changedMs),
      tolerance: 3,
    },
    {
      what: 'after, Mbit/s',
      told: 10,
      measured: mbit(reports, 'bytes', changedMs + 500, changedMs + 2900),
      tolerance: 0.5,
    },
  ]
}

/**
 * IP and TCP take 52 of 1500 bytes.
 * @param {Bench} bench
 */
async function tcpRate({ link, reports, probe }) {
  const poured = probe('pour', link.addresses.b, OTHER_PORT, 5)
  await sleep(2000)
  const fromMs = Date.now()
  await poured
  const measured = mbit(reports, 'tcpBytes', fromMs, fromMs + 2500)
  return [{ what: 'rate over TCP, Mbit/s', told: 193, measured, tolerance: 15 }]
}

/** @param {Bench} bench */
async function barredTcp({ link, probe }) {
  const open = await probe('pour', link.addresses.b, SERVER_PORT, 0.5)
  const barred = await probe('pour', link.addresses.b, OTHER_PORT, 0.5)
  return [
    { what: 'TCP to the server', told: 1, measured: Number(open.isConnected), tolerance: 0 },
    { what: 'TCP to another port', told: 0, measured: Number(barred.isConnected), tolerance: 0 },
  ]
}

/**
 * @param {Report[]} reports
 * @param {'bytes' | 'tcpBytes'} field
 * @param {number} fromMs
 * @param {number} untilMs
 */
function mbit(reports, field, fromMs, untilMs) {
  const during = reports.filter(({ atMs }) => atMs >= fromMs && atMs <= untilMs)
  const [first, last] = [during[0], during.at(-1)]
  if (!first || !last) return 0
  return ((last[field] - first[field]) * 8) / 1000 / (last.atMs - first.atMs)
}

/** @param {number[]} numbers */
function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN
}
