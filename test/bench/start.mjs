/**
 * `npm run bench:start`: where the time of a short run goes, on this machine and nowhere else.
 *
 *     npm run bench:start -- [--rounds 15] [--cpu-prof DIR]
 *
 * The help beside Node alone and Node with the parser that it is made with; then 1 KiB from one
 * process to another, as both tell of it themselves. `--cpu-prof` leaves a profile of each process
 * of one more transfer in DIR, and shows what took longest in each.
 */
import { randomInt } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { freePorts, startLocalServer } from './local-server.mjs'
import { measure, runWatched } from './measured-process.mjs'
import { heaviest } from './profile.mjs'
import { spawnTimed } from './spawn-timed.mjs'
import { median } from './summary.mjs'
import { writeRandomFile } from './test-files.mjs'

const PROGRAM = fileURLToPath(new URL('../../bin/p2pshare.js', import.meta.url))
const PARSER = fileURLToPath(new URL('yargs-alone.mjs', import.meta.url))
const SHOWN_FUNCTIONS = 12

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '15' }, 'cpu-prof': { type: 'string' } },
})
const rounds = Number(values.rounds)
if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds is a number')

const directory = await mkdtemp(join(tmpdir(), 'p2pshare-start-'))
try {
  await showHelp()
  await showTransfer()
} finally {
  await rm(directory, { recursive: true })
}

/** The help beside what it cannot do without. */
async function showHelp() {
  const commands = {
    'node -e 0': ['-e', '0'],
    'yargs alone': [PARSER],
    'p2pshare --help': [PROGRAM, '--help'],
    'p2pshare --version': [PROGRAM, '--version'],
  }
  const taken = Object.fromEntries(
    Object.keys(commands).map((name) => [
      name,
      { ms: /** @type {number[]} */ ([]), cpuMs: /** @type {number[]} */ ([]) },
    ]),
  )
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, args] of Object.entries(commands)) {
      const command = { command: process.execPath, args }
      const run = await measure([], () => runWatched(command, AbortSignal.timeout(30_000)))
      taken[name]?.ms.push(run.totalSeconds * 1000)
      taken[name]?.cpuMs.push((run.cpuSeconds ?? NaN) * 1000)
    }
  }
  const base = taken['yargs alone']
  const rows = Object.entries(taken).map(([name, { ms, cpuMs }]) => ({
    command: name,
    'ms (median)': rounded(median(ms)),
    'CPU ms (median)': rounded(median(cpuMs)),
    'times yargs alone': (
      median(ms.map((each, round) => each / (base?.ms[round] ?? NaN))) ?? NaN
    ).toFixed(2),
  }))
  console.table(rows)
}

/** What each side of a transfer of 1 KiB says, and when. */
async function showTransfer() {
  const file = join(directory, 'sent.bin')
  await writeRandomFile(file, 1024)
  const [port = 0] = await freePorts(1)
  const address = { host: '127.0.0.1', port }
  const args = [PROGRAM, 'serve', '--host', address.host, '--port', String(port)]
  const server = await startLocalServer({ command: process.execPath, args }, address)
  try {
    /** @type {Record<string, number>[]} */
    const runs = []
    for (let round = 0; round < rounds; round += 1) runs.push(await transfer(file, port, []))
    const rows = Object.keys(runs[0] ?? {}).map((name) => [
      name,
      { 'ms (median)': rounded(median(runs.map((run) => run[name]))) },
    ])
    console.table(Object.fromEntries(rows))
    if (values['cpu-prof'] !== undefined) await showProfiles(file, port, values['cpu-prof'])
  } finally {
    await server.close()
  }
}

/**
 * @param {string} file
 * @param {number} port
 * @param {string} profiles
 */
async function showProfiles(file, port, profiles) {
  await transfer(file, port, ['--cpu-prof', '--cpu-prof-dir', profiles])
  for (const name of await readdir(profiles)) {
    if (!name.endsWith('.cpuprofile')) continue
    const path = join(profiles, name)
    console.log(path)
    console.table(heaviest(JSON.parse(await readFile(path, 'utf8')), SHOWN_FUNCTIONS))
  }
}

/**
 * @param {string} file
 * @param {number} port
 * @param {string[]} nodeFlags
 * @returns {Promise<Record<string, number>>} milliseconds since both were started, by side and event
 */
async function transfer(file, port, nodeFlags) {
  const code = `${randomInt(1e9)}-bench-${randomInt(1e9)}`
  const target = join(directory, 'saved.bin')
  const shared = ['--json', '--rendezvous', `http://127.0.0.1:${port}`]
  const ends = {
    sender: [PROGRAM, 'send', file, '--code', code, ...shared],
    receiver: [PROGRAM, 'receive', code, '--yes', '--output', target, ...shared],
  }
  const sides = Object.entries(ends).map(async ([side, args]) => {
    const events = await spawnTimed(process.execPath, [...nodeFlags, ...args])
    return events.map(({ name, ms }) => [`${side}: ${name}`, ms])
  })
  const all = await Promise.all(sides)
  await rm(target)
  return Object.fromEntries(all.flat())
}

/** @param {number | undefined} ms */
function rounded(ms = NaN) {
  return Math.round(ms)
}
