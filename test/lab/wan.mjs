/**
 * `npm run lab:wan`: the whole program on long lines, beside the marks that it has to reach.
 *
 *     npm run lab:wan -- [--short] [--case TEXT]... [--mib N] [--udp-only] [--program FILE]
 *                        [--tcp-congestion NAME] [--json FILE]
 *
 * `--case` picks the cases whose name has the text in it. Needs Linux, root and gcc. The exit
 * status is 1 if a mark is missed.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { open, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { measureCase } from './measure-case.mjs'
import { cases, shortCases } from './wan-cases.mjs'
import { compileLink, WanLink } from './wan-link.mjs'

const MIB = 1024 * 1024
const OWN_PROGRAM = fileURLToPath(new URL('../../bin/p2pshare.js', import.meta.url))

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    case: { type: 'string', multiple: true, default: [''] },
    mib: { type: 'string' },
    'udp-only': { type: 'boolean', default: false },
    program: { type: 'string', default: process.env['P2PSHARE_PROGRAM'] || OWN_PROGRAM },
    'tcp-congestion': { type: 'string' },
    json: { type: 'string' },
  },
})

const directory = mkdtempSync(join(tmpdir(), 'p2pshare-wan-'))
process.on('exit', () => rmSync(directory, { recursive: true, force: true, maxRetries: 3 }))
process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))

const results = await measureAll(chosenCases())
console.table(results.flatMap(rows))
if (values.json) await writeFile(values.json, `${JSON.stringify(results, null, 2)}\n`)
const isMissed = results.some(({ findings }) => findings.some(({ met }) => !met))
process.exitCode = isMissed ? 1 : 0

function chosenCases() {
  const chosen = (values.short ? shortCases : cases).filter(({ name }) =>
    values.case.some((text) => name.includes(text)),
  )
  if (chosen.length === 0) throw new Error(`No case is called ${values.case.join(' or ')}`)
  return chosen.map(adapted)
}

/**
 * The case as the options want it.
 * @param {import('./wan-cases.mjs').Case} one
 * @returns {import('./wan-cases.mjs').Case}
 */
function adapted(one) {
  const mib = Number(values.mib ?? one.mib)
  const limitSeconds = one.limitSeconds * Math.max(1, mib / one.mib)
  const line = values['udp-only'] ? { ...one.line, udpOnly: true } : one.line
  return { ...one, mib, limitSeconds, line }
}

/** @param {import('./wan-cases.mjs').Case[]} chosen */
async function measureAll(chosen) {
  const linkProgram = compileLink(directory)
  const tcpCongestion = values['tcp-congestion']
  await sayWhere(linkProgram)
  const results = []
  for (const one of chosen) {
    console.log(`\n${one.name} (${one.mib} MiB${one.transfers ? ' each' : ''})`)
    const file = join(directory, 'sent')
    await writeRandom(file, one.mib * MIB)
    const result = await measureCase(one, {
      directory,
      linkProgram,
      program: values.program,
      file,
      ...(tcpCongestion !== undefined && { tcpCongestion }),
    })
    say(result)
    results.push(result)
  }
  return results
}

/** @typedef {Awaited<ReturnType<typeof measureCase>>} Result */

/** @param {string} linkProgram */
async function sayWhere(linkProgram) {
  const link = await WanLink.start(linkProgram, { rateMbit: 0, roundTripMs: 0 })
  const tcp = link.tcpCongestionControl(values['tcp-congestion'])
  await link.close()
  const cores = availableParallelism()
  console.log(`${values.program}, Node ${process.version}, ${cores} cores, TCP with ${tcp}`)
}

/** @param {Result} result */
function say({ findings, transfers, line, ...result }) {
  for (const { mark, measured, met } of findings) {
    console.log(`  ${met ? 'met   ' : 'MISSED'} ${mark}: ${measured}`)
  }
  for (const { seconds, lanes, transports, mbitEverySecond, sender, receiver } of transfers) {
    const cpu = `${sender.cpuSeconds.toFixed(1)} and ${receiver.cpuSeconds.toFixed(1)} s of CPU`
    console.log(`  ${seconds.toFixed(1)} s, ${lanes} lanes over ${transports.join('+')}, ${cpu}`)
    console.log(`  Mbit/s every second: ${mbitEverySecond.join(' ')}`)
  }
  const { lostPackets, droppedPackets, sentPackets } = line.aToB
  const packets = `${sentPackets} packets, ${lostPackets} lost, ${droppedPackets} dropped at the queue`
  const wait = `queues added ${result.addedRoundTripMs.toFixed(1)} ms, at most ${result.greatestWaitMs.toFixed(0)} ms`
  console.log(`  ${packets}; ${wait}; link late by ${result.latestMs.toFixed(1)} ms at most`)
}

/** @param {Result} result */
function rows({ name, findings }) {
  return findings.map(({ mark, measured, met }) => ({
    case: name,
    mark,
    measured: measured.slice(0, 40),
    met: met ? 'yes' : 'NO',
  }))
}

/**
 * @param {string} path
 * @param {number} bytes
 */
async function writeRandom(path, bytes) {
  const file = await open(path, 'w')
  for (let written = 0; written < bytes; written += MIB) {
    await file.write(randomBytes(Math.min(MIB, bytes - written)))
  }
  await file.close()
}
