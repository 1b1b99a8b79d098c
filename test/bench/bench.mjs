/**
 * `npm run bench`: the whole program beside the bare engine, in turns, on this machine.
 *
 *     npm run bench -- [--mib 1024] [--rounds 5] [--small-rounds 10] [--json FILE]
 *
 * The machine may be shared and noisy: what counts is the ratio of the two within a round.
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bareChannel } from './bare-channel.mjs'
import { programTransfer, startServer } from './program-transfer.mjs'

const MIB = 1024 * 1024
const { values } = parseArgs({
  options: {
    mib: { type: 'string', default: '1024' },
    rounds: { type: 'string', default: '5' },
    'small-rounds': { type: 'string', default: '10' },
    json: { type: 'string' },
  },
})

const directory = await mkdtemp(join(tmpdir(), 'p2pshare-bench-'))
const server = await startServer()
try {
  const results = { large: await benchLarge(), small: await benchSmall() }
  if (values.json) await writeFile(values.json, `${JSON.stringify(results, null, 2)}\n`)
} finally {
  server.close()
  await rm(directory, { recursive: true })
}

async function benchLarge() {
  const file = join(directory, 'large')
  const bytes = Number(values.mib) * MIB
  await writeRandom(file, bytes)
  const rounds = []
  for (let round = 0; round < Number(values.rounds); round += 1) {
    const bare = await bareChannel(bytes)
    const program = await programTransfer(file, join(directory, 'saved'), server.url)
    const ratio = program.bytes / program.seconds / (bare.bytes / bare.seconds)
    rounds.push({ bare, program, ratio })
    console.log(
      `${values.mib} MiB, round ${round + 1}: bare channel ${rate(bare)}, p2pshare ${rate(program)}, ratio ${ratio.toFixed(2)}`,
    )
  }
  const summary = {
    bareMegabytesPerSecond: median(rounds.map(({ bare }) => bare.bytes / bare.seconds / 1e6)),
    megabytesPerSecond: median(rounds.map(({ program }) => program.bytes / program.seconds / 1e6)),
    ratio: median(rounds.map(({ ratio }) => ratio)),
    bareCpuSecondsPerGib: median(rounds.map(({ bare }) => perGib(bare))),
    cpuSecondsPerGib: median(rounds.map(({ program }) => perGib(program))),
    peakSenderMib: Math.max(...rounds.map(({ program }) => program.peakBytes.sender / MIB)),
    peakReceiverMib: Math.max(...rounds.map(({ program }) => program.peakBytes.receiver / MIB)),
  }
  console.table(rounded(summary))
  return { summary, rounds }
}

async function benchSmall() {
  const file = join(directory, 'small')
  await writeRandom(file, 1024)
  const seconds = []
  for (let round = 0; round < Number(values['small-rounds']); round += 1) {
    const { totalSeconds } = await programTransfer(file, join(directory, 'saved'), server.url)
    seconds.push(totalSeconds)
  }
  const summary = {
    startToBothExitsSeconds: median(seconds),
    fastest: Math.min(...seconds),
    slowest: Math.max(...seconds),
  }
  console.log(`1 KiB, both started at once, ${seconds.length} rounds:`)
  console.table(rounded(summary))
  return { summary, seconds }
}

/** @param {{ bytes: number, seconds: number }} run */
function rate({ bytes, seconds }) {
  return `${(bytes / seconds / 1e6).toFixed(1)} MB/s`
}

/** @param {{ bytes: number, cpuSeconds: number }} run */
function perGib({ bytes, cpuSeconds }) {
  return cpuSeconds / (bytes / (1024 * MIB))
}

/** @param {number[]} numbers */
function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2
}

/** @param {Record<string, number>} summary */
function rounded(summary) {
  return Object.fromEntries(
    Object.entries(summary).map(([name, value]) => [name, Number(value.toFixed(2))]),
  )
}

/**
 * @param {string} path
 * @param {number} bytes
 */
async function writeRandom(path, bytes) {
  const stream = createWriteStream(path)
  for (let written = 0; written < bytes; written += MIB) {
    const part = randomBytes(Math.min(MIB, bytes - written))
    if (!stream.write(part)) await once(stream, 'drain')
  }
  stream.end()
  await once(stream, 'finish')
}
