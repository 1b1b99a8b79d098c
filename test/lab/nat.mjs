/**
 * `npm run lab:nat`: the whole program between machines behind all kinds of NATs and firewalls, at a
 * rendezvous with a relay and at one without.
 *
 *     npm run lab:nat -- [--short] [--case TEXT]... [--offer nothing|stun|relay]... [--program FILE]
 *
 * `--case` picks the cells whose name has the text in it, blanks aside; `--offer` what the server
 * has besides the rendezvous. Each cell runs five times; with `--short` once, and with room for a
 * slow machine. Needs Linux, root, iproute2, nftables, coturn and openssl. The exit status is 1 if a
 * cell is not as it must be.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { sha256, writeRandomFile } from '../bench/test-files.mjs'
import { cells } from './nat-cells.mjs'
import { judge, LIMITS, LIMITS_OF_ONE_RUN } from './nat-marks.mjs'
import { NatNetwork } from './nat-network.mjs'
import { missingForNats } from './nat-requirements.mjs'
import { makeCertificate, startServer } from './nat-server.mjs'
import { observeCell } from './observe-cell.mjs'

const BYTES = 64 * 1024 * 1024
const RUNS = 5
/** In a column of the table. */
const MOST_CHARACTERS = 80
const OWN_PROGRAM = fileURLToPath(new URL('../../bin/p2pshare.js', import.meta.url))
/** @type {Record<Cell['offer'], string>} */
const OFFERED = { nothing: 'without STUN', stun: 'without relay', relay: 'with relay' }
const OFFERS = /** @type {Cell['offer'][]} */ (Object.keys(OFFERED))

/**
 * @typedef {import('./nat-cells.mjs').Cell} Cell
 * @typedef {{ cell: Cell } & import('./nat-marks.mjs').Judgement} Result
 */

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    case: { type: 'string', multiple: true, default: [''] },
    offer: { type: 'string', multiple: true, default: OFFERS },
    program: { type: 'string', default: process.env['P2PSHARE_PROGRAM'] || OWN_PROGRAM },
  },
})

const directory = mkdtempSync(join(tmpdir(), 'p2pshare-nat-'))
process.on('exit', () => rmSync(directory, { recursive: true, force: true, maxRetries: 3 }))
process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))

const chosen = cells.filter(
  ({ name, offer }) =>
    values.offer.includes(offer) && values.case.some((text) => bare(name).includes(bare(text))),
)
if (chosen.length === 0) throw new Error(`No cell is called ${values.case.join(' or ')}`)

const missing = await missingForNats()
if (missing !== undefined) {
  console.error(`The lab of NATs cannot run here. It needs ${missing}`)
  process.exit(1)
}

const limits = values.short ? LIMITS_OF_ONE_RUN : LIMITS
const setting = await prepare()
/** @type {Result[]} */
const results = []
for (const offer of OFFERS) results.push(...(await observeAll(offer)))
const isFailure = (/** @type {Result} */ { cell }) => cell.expected === 'no path'
for (const rows of [results.filter((each) => !isFailure(each)), results.filter(isFailure)]) {
  if (rows.length > 0) console.table(rows.map(row))
}
process.exitCode = results.every(({ misses }) => misses.length === 0) ? 0 : 1

async function prepare() {
  const file = join(directory, 'sent.bin')
  await writeRandomFile(file, BYTES)
  return {
    program: values.program,
    certificate: makeCertificate(directory),
    parcel: { file, bytes: BYTES, sha256: await sha256(file) },
    target: join(directory, 'saved.bin'),
    runs: values.short ? 1 : RUNS,
  }
}

/**
 * The chosen cells at a server that offers so much.
 * @param {Cell['offer']} offer
 * @returns {Promise<Result[]>}
 */
async function observeAll(offer) {
  const here = chosen.filter((cell) => cell.offer === offer)
  if (here.length === 0) return []
  const network = await NatNetwork.open()
  const server = await startServer(network, { ...setting, offer })
  const results = []
  for (const cell of here) {
    const judgement = await observeCell(cell, { ...setting, network, server })
      .then((observation) => judge(observation, limits))
      .catch((error) => ({ measured: {}, misses: [`it could not be seen: ${error.message}`] }))
    say(cell, judgement)
    results.push({ cell, ...judgement })
  }
  await server.close()
  await network.close()
  return results
}

/**
 * @param {Cell} cell
 * @param {import('./nat-marks.mjs').Judgement} judgement
 */
function say({ name, offer }, { measured, misses }) {
  console.log(`${name}, ${OFFERED[offer]}: ${misses.length === 0 ? 'as it must be' : 'MISSED'}`)
  for (const miss of misses) console.log(`  MISSED ${miss}`)
  for (const [what, value] of Object.entries(measured))
    if (value) console.log(`  ${what}: ${value}`)
}

/** @param {Result} result */
function row({ cell, measured, misses }) {
  const { name, offer, expected } = cell
  const met = misses.length === 0 ? 'yes' : 'NO'
  const cut = Object.entries(measured).map(([column, value]) => [column, shortened(value)])
  return { cell: name, server: OFFERED[offer], expected, ...Object.fromEntries(cut), met }
}

/** @param {string} text that is told whole before the table */
function shortened(text) {
  return text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS - 1)}…`
}

/** @param {string} name */
function bare(name) {
  return name.replaceAll(' ', '').toLowerCase()
}
