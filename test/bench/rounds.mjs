import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { digestOf, totalBytes } from './contents.mjs'

const LEAST_LIMIT_MS = 60_000
/** Far below what any of them does on a slow machine. */
const LEAST_BYTES_PER_MS = 2000

/**
 * @typedef {import('./contenders/contender.mjs').Contender} Contender
 * @typedef {import('./contenders/contender.mjs').Run} Run
 * @typedef {Record<string, Run | { error: string }>} Round by the contenders' names, in the order
 *   in which they ran
 */

/**
 * Lets every contender move `file`, which may be a directory, once a round, in turns: each round
 * begins with another one. Every saved file must have the right size, the first of each contender the
 * right SHA-256 too. A transfer that fails is kept as such, and the rounds go on.
 *
 * What is saved is removed at once, or moved into `laidBy` where that is given: ext4 does not give
 * out the inodes of files that were removed in the last minutes and looks past each of them, so ten
 * thousand removed files slow down whoever comes next.
 * @param {Contender[]} contenders
 * @param {{ file: string, target: string, rounds: number, signal: AbortSignal, laidBy?: string | undefined,
 *   onRun?: (round: number, name: string, run: Run | { error: string }) => void }} options
 * @returns {Promise<Round[]>}
 */
export async function runRounds(contenders, { file, target, rounds, signal, laidBy, onRun }) {
  const expected = { bytes: await totalBytes(file), digest: await digestOf(file) }
  /** @type {Round[]} */
  const results = []
  for (let round = 0; round < rounds; round += 1) {
    /** @type {Round} */
    const result = {}
    for (const contender of inTurn(contenders, round)) {
      const digest = round === 0 ? expected.digest : undefined
      const run = await runOnce(contender, file, target, { ...expected, digest }, signal)
      if (laidBy) await layBy(target, join(laidBy, `${round}-${contender.name}`))
      else await rm(target, { force: true, recursive: true })
      result[contender.name] = run
      onRun?.(round, contender.name, run)
    }
    results.push(result)
  }
  return results
}

/**
 * The list begun at another place each round.
 * @template Item
 * @param {Item[]} list
 * @param {number} round
 */
export function inTurn(list, round) {
  const first = round % list.length
  return [...list.slice(first), ...list.slice(0, first)]
}

/**
 * @param {Contender} contender
 * @param {string} file
 * @param {string} target
 * @param {{ bytes: number, digest: string | undefined }} expected
 * @param {AbortSignal} signal
 * @returns {Promise<Run | { error: string }>}
 */
async function runOnce(contender, file, target, expected, signal) {
  const limit = AbortSignal.timeout(LEAST_LIMIT_MS + Math.ceil(expected.bytes / LEAST_BYTES_PER_MS))
  try {
    const run = await contender.run(file, target, AbortSignal.any([signal, limit]))
    await verify(contender, run, target, expected)
    return run
  } catch (error) {
    signal.throwIfAborted()
    return { error: limit.aborted ? 'took too long' : String(error) }
  }
}

/**
 * @param {string} target of which a failed run may have left nothing
 * @param {string} place
 */
async function layBy(target, place) {
  await rename(target, place).catch((error) => {
    if (error.code !== 'ENOENT') throw error
  })
}

/**
 * @param {Contender} contender
 * @param {Run} run
 * @param {string} target
 * @param {{ bytes: number, digest: string | undefined }} expected
 */
async function verify(contender, run, target, { bytes, digest }) {
  const size = contender.saves ? await totalBytes(target) : run.bytes
  if (size !== bytes || run.bytes !== bytes) throw new Error(`${size} bytes came of ${bytes}`)
  if (contender.saves && digest !== undefined && (await digestOf(target)) !== digest) {
    throw new Error('what was saved is not what was sent')
  }
}
