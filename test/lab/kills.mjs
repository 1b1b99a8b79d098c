/**
 * `npm run lab:kills`: whole programs that are killed at random moments of a transfer and started
 * again, which has to complete with nothing sent twice but what was under way.
 *
 *     npm run lab:kills -- [--kills 50] [--mib 1024] [--who receiver|sender|both]...
 *                          [--server] [--directory DIR] [--program FILE]
 *
 * Of each kind of victim there are so many transfers, with one kill each; all three kinds unless
 * told. `both` means both at once. With `--server` they meet at a rendezvous server, without it at
 * the sender's own. The exit status is 1 if one does not complete, or sends too much.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { freePorts, startLocalServer } from '../bench/local-server.mjs'
import { sha256, writeRandomFile } from '../bench/test-files.mjs'
import { killedTransfer } from './killed-transfer.mjs'

const MIB = 1024 * 1024
const OWN_PROGRAM = fileURLToPath(new URL('../../bin/p2pshare.js', import.meta.url))
/** What of a file may be sent over both connections, besides what was under way at the kill. */
const MOST_SHARE = 1.05
/** A kill this close to the end of a transfer may come too late; then there is another one. */
const LATEST_SHARE = 0.95

/** @type {Record<string, readonly import('./killed-transfer.mjs').Side[]>} */
const VICTIMS = { receiver: ['receiver'], sender: ['sender'], both: ['sender', 'receiver'] }

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    mib: { type: 'string', default: '1024' },
    who: { type: 'string', multiple: true, default: Object.keys(VICTIMS) },
    server: { type: 'boolean', default: false },
    directory: { type: 'string', default: tmpdir() },
    program: { type: 'string', default: process.env['P2PSHARE_PROGRAM'] || OWN_PROGRAM },
  },
})

const directory = mkdtempSync(join(values.directory, 'p2pshare-kills-'))
process.on('exit', () => rmSync(directory, { recursive: true, force: true, maxRetries: 3 }))
process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))

const subject = await prepare()
const server = values.server ? await startServer() : undefined
const summaries = []
try {
  for (const who of values.who) summaries.push(await killAll(who))
} finally {
  await server?.close()
  await rm(directory, { recursive: true, force: true })
}
console.table(summaries.map(({ row }) => row))
process.exitCode = summaries.every(({ isGood }) => isGood) ? 0 : 1

async function prepare() {
  const file = join(directory, 'sent.bin')
  const bytes = Number(values.mib) * MIB
  if (!(bytes > 0) || !(Number(values.kills) > 0)) throw new Error('--mib and --kills are numbers')
  await writeRandomFile(file, bytes)
  return { program: values.program, file, bytes, sha256: await sha256(file), directory }
}

async function startServer() {
  const [port = 0] = await freePorts(1)
  const address = { host: '127.0.0.1', port }
  const args = [values.program, 'serve', '--host', address.host, '--port', String(port)]
  const { close } = await startLocalServer({ command: process.execPath, args }, address)
  return { url: `http://${address.host}:${port}`, close }
}

/** @param {string} who */
async function killAll(who) {
  const victims = VICTIMS[who]
  if (victims === undefined) throw new Error(`--who is one of ${Object.keys(VICTIMS).join(', ')}`)
  const rendezvous = server && { rendezvous: server.url }
  const one = (/** @type {typeof victims} */ killed, /** @type {number} */ delayMs) =>
    killedTransfer({ ...subject, ...rendezvous }, killed, delayMs)
  const { transferSeconds, failure } = await one([], 0)
  if (failure !== undefined) throw new Error(`Even an undisturbed transfer fails: ${failure}`)
  const spanMs = transferSeconds * 1000 * LATEST_SHARE
  const results = []
  while (results.length < Number(values.kills)) {
    const result = await one(victims, Math.random() * spanMs)
    // Before the kill it was over, well or not.
    if (!result.isKilled && result.failure === undefined) continue
    results.push(result)
    say(who, results.length, result)
  }
  return summary(who, results)
}

/**
 * @param {string} who
 * @param {number} number
 * @param {import('./killed-transfer.mjs').KilledTransfer} result
 */
function say(who, number, result) {
  const { failure, stagedBytes, sentBytes, backSeconds = NaN, seconds } = result
  const share = (bytes = 0) => `${((100 * bytes) / subject.bytes).toFixed(1)} %`
  const end = failure ?? `${seconds.toFixed(1)} s`
  const back = `back after ${backSeconds.toFixed(1)} s`
  const told = `killed at ${share(stagedBytes)}, ${back}, sent ${share(sentBytes)}: ${end}`
  console.log(`${who} ${number}: ${told}`)
}

/**
 * @param {string} who
 * @param {import('./killed-transfer.mjs').KilledTransfer[]} results
 */
function summary(who, results) {
  const completed = results.filter(({ failure }) => failure === undefined)
  const back = sorted(completed.flatMap(({ backSeconds }) => backSeconds ?? []))
  const shares = sorted(completed.map(({ sentBytes }) => sentBytes / subject.bytes))
  const isGood = completed.length === results.length && (shares.at(-1) ?? 0) <= MOST_SHARE
  const row = {
    who,
    MiB: Number(values.mib),
    kills: results.length,
    completed: completed.length,
    'back (s), median': middle(back).toFixed(1),
    'back (s), max': (back.at(-1) ?? NaN).toFixed(1),
    'sent/size, median': middle(shares).toFixed(3),
    'sent/size, max': (shares.at(-1) ?? NaN).toFixed(3),
  }
  return { row, isGood }
}

/** @param {number[]} numbers */
function sorted(numbers) {
  return numbers.toSorted((a, b) => a - b)
}

/** @param {number[]} numbers in order */
function middle(numbers) {
  return numbers[Math.floor(numbers.length / 2)] ?? NaN
}
