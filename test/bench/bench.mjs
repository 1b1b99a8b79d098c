/**
 * `npm run bench`: the whole program beside the bare engine and beside other programs, in turns, on
 * this machine and nowhere else.
 *
 *     npm run bench -- [--mib 1024] [--rounds 5] [--small-rounds 10]
 *                      [--case random|text|small|small-files]... [--no-peers] [--install-peers DIR] [--json FILE]
 *
 * `--install-peers` installs magic-wormhole and croc there, unless they are, and uses those.
 * The machine may be shared and noisy: what counts are the ratios within a round.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { readOptions } from './bench-options.mjs'
import { chosenCases } from './cases.mjs'
import { startContenders } from './contenders/start-contenders.mjs'
import { installPeers } from './install-peers.mjs'
import { NOTES, runLine, table } from './report.mjs'
import { runRounds } from './rounds.mjs'
import { summarize } from './summary.mjs'

const SUBJECT = 'p2pshare'
const options = readOptions(process.argv.slice(2))
const stopped = new AbortController()
for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => stopped.abort())

const peersDirectory = options.installPeers && (await installPeers(options.installPeers))
const directory = await mkdtemp(join(tmpdir(), 'p2pshare-bench-'))
try {
  await bench()
} catch (error) {
  if (!stopped.signal.aborted) throw error
  console.error('Interrupted')
  process.exitCode = 130
} finally {
  await rm(directory, { recursive: true })
}

async function bench() {
  const place = { directory, peersDirectory, peers: options.peers }
  const { contenders, skipped } = await startContenders(place)
  try {
    for (const { name, about } of contenders) console.log(`${name}: ${about}`)
    for (const { name, reason } of skipped) console.log(`${name}: SKIPPED, ${reason}`)
    const cases = []
    for (const each of chosenCases(options)) cases.push(await benchCase(each, contenders))
    console.log(NOTES.join('\n'))
    const shown = contenders.map(({ name, about }) => ({ name, about }))
    if (options.json) await save(options.json, { contenders: shown, skipped, cases })
  } finally {
    await Promise.all(contenders.map((contender) => contender.close()))
  }
}

/**
 * @param {import('./cases.mjs').Case} chosen
 * @param {import('./contenders/contender.mjs').Contender[]} allContenders
 */
async function benchCase(chosen, allContenders) {
  const { name, title, bytes, rounds: count, isTree, small, write } = chosen
  const contenders = allContenders.filter(({ takesTrees }) => takesTrees || !isTree)
  const file = join(directory, name)
  await write(file, bytes)
  const laidBy = isTree ? join(directory, 'laid-by') : undefined
  if (laidBy) await mkdir(laidBy)
  const rounds = await runRounds(contenders, {
    file,
    target: join(directory, 'saved'),
    rounds: count,
    signal: stopped.signal,
    laidBy,
    onRun: (round, contender, run) => console.log(runLine(title, round, contender, run)),
  })
  for (const each of laidBy ? [file, laidBy] : [file]) await rm(each, { recursive: true })
  const failed = rounds.flatMap((round) => Object.values(round)).some((run) => 'error' in run)
  if (failed) process.exitCode = 1
  const names = contenders.map((contender) => contender.name)
  const summaries = Object.fromEntries(
    names.map((each) => [each, summarize(rounds, each, SUBJECT)]),
  )
  console.log(`\n${title}, rounds: ${count}`)
  console.table(table({ small, summaries }))
  return { name, title, bytes, summaries, rounds }
}

/**
 * @param {string} path
 * @param {object} results
 */
async function save(path, results) {
  const machine = {
    processor: cpus()[0]?.model,
    cores: cpus().length,
    memoryBytes: totalmem(),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
  }
  const all = { at: new Date().toISOString(), machine, notes: NOTES.join(' '), ...results }
  await writeFile(path, `${JSON.stringify(all, null, 2)}\n`)
}
