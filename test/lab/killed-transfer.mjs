import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { sha256 } from '../bench/test-files.mjs'
import { watchProgram } from './linked-program.mjs'
import { startProcess, stopProcess } from './processes.mjs'

const STAT_BLOCK_BYTES = 512
const LIMIT_MS = 120_000

/**
 * @typedef {import('./linked-program.mjs').Event} Event
 * @typedef {'sender' | 'receiver'} Side
 *
 * @typedef {object} Subject what is sent, and how
 * @property {string} program p2pshare's
 * @property {string} file
 * @property {number} bytes
 * @property {string} sha256
 * @property {string} directory for what is saved
 * @property {string} [rendezvous] a server; the sender runs one where there is none
 *
 * @typedef {object} KilledTransfer
 * @property {boolean} isKilled whether there was still somebody to kill at that moment
 * @property {string} [failure] why it does not count as completed
 * @property {number} [backSeconds] from the kill until both were connected again
 * @property {number} seconds of the whole, with what starting takes
 * @property {number} transferSeconds from the first offer on
 * @property {number} stagedBytes written by the receiver before the kill
 * @property {number} sentBytes over both connections; what was under way at the kill is not in it
 */

/**
 * Transfers a file, kills `victims` with SIGKILL `delayMs` after the offer and starts them again
 * with the same code.
 *
 * What crossed the wire before a kill nobody is left to tell, where the sender was killed: it is
 * counted at the receiver's disk, as what is allocated in its staging directory. A file without
 * holes that nobody compares with anything has nothing else there. After it the `sent` of both
 * ends counts, which begins anew with the transfer.
 * @param {Subject} subject
 * @param {readonly Side[]} victims none for an undisturbed transfer
 * @param {number} delayMs
 * @returns {Promise<KilledTransfer>}
 */
export async function killedTransfer(subject, victims, delayMs) {
  const output = join(subject.directory, 'received')
  await mkdir(output)
  const pair = new Pair(subject, output)
  const startedMs = performance.now()
  const limit = setTimeout(() => void pair.stop(), LIMIT_MS)
  try {
    pair.start('sender')
    pair.start('receiver')
    await pair.offered
    const offeredMs = performance.now()
    const killed = victims.length > 0 ? await pair.kill(victims, delayMs) : 'over'
    const kill = typeof killed === 'string' ? undefined : killed
    const failure = killed === 'too late' ? undefined : await pair.outcome()
    const now = performance.now()
    const connectedMs = pair.connectedMs
    return {
      isKilled: kill !== undefined,
      ...(failure !== undefined && { failure }),
      ...(kill && connectedMs > kill.atMs && { backSeconds: (connectedMs - kill.atMs) / 1000 }),
      seconds: (now - startedMs) / 1000,
      transferSeconds: (now - offeredMs) / 1000,
      stagedBytes: kill?.stagedBytes ?? 0,
      sentBytes: (kill?.stagedBytes ?? 0) + pair.sentBytes,
    }
  } finally {
    clearTimeout(limit)
    await pair.stop()
    await rm(output, { recursive: true, force: true })
  }
}

/** Both sides of a transfer; each may be started again. */
class Pair {
  /** Resolves when the receiver has the first offer, or either side has ended. */
  offered
  /** When either side was connected last. */
  connectedMs = 0
  sentBytes = 0
  #subject
  #output
  #code = `${randomInt(1e9)}-lab-${randomInt(1e9)}`
  /** @type {Map<Side, { child: ReturnType<typeof startProcess>, end: ReturnType<typeof watchProgram> }>} */
  #running = new Map()
  /** @type {() => void} */
  #resolveOffered = () => {}

  /**
   * @param {Subject} subject
   * @param {string} output
   */
  constructor(subject, output) {
    this.#subject = subject
    this.#output = output
    this.offered = /** @type {Promise<void>} */ (
      new Promise((resolve) => {
        this.#resolveOffered = resolve
      })
    )
  }

  /** @param {Side} side */
  start(side) {
    const { program, file, rendezvous } = this.#subject
    const shared = ['--json', ...(rendezvous === undefined ? [] : ['--rendezvous', rendezvous])]
    const argv =
      side === 'sender'
        ? ['send', file, '--code', this.#code, ...shared]
        : ['receive', this.#code, '--yes', '--output', this.#output, ...shared]
    const child = startProcess(
      spawn(process.execPath, [program, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] }),
    )
    const end = watchProgram(child, (event) => this.#happened(side, event))
    void end.then(() => this.#resolveOffered())
    this.#running.set(side, { child, end })
  }

  /**
   * @param {readonly Side[]} victims
   * @param {number} delayMs
   * @returns {Promise<{ atMs: number, stagedBytes: number } | 'over' | 'too late'>} `over` if there was
   *   nobody to kill; `too late` if a receiver was killed that had given everything its name just then
   */
  async kill(victims, delayMs) {
    await pause(delayMs)
    const children = victims.flatMap((side) => this.#running.get(side)?.child ?? [])
    if (children.some(({ exitCode }) => exitCode !== null) || this.#isSaved) return 'over'
    const ended = Promise.all(victims.map((side) => this.#running.get(side)?.end))
    for (const child of children) child.kill('SIGKILL')
    const atMs = performance.now()
    await ended
    // A receiver that lives writes on for a moment what has arrived.
    const stagedBytes = await allocatedBytes(this.#output)
    if (this.#isSaved && victims.includes('receiver')) return 'too late'
    for (const side of victims) this.start(side)
    return { atMs, stagedBytes }
  }

  /** Waits for both ends. @returns {Promise<string | undefined>} what was wrong */
  async outcome() {
    const [sender, receiver] = await Promise.all(
      /** @type {const} */ (['sender', 'receiver']).map((side) => this.#running.get(side)?.end),
    )
    if (sender?.status !== 0 || receiver?.status !== 0) {
      const told = [sender, receiver].map((end) => `${end?.status} ${end?.complaint}`)
      return `sender ended with ${told[0]}, receiver with ${told[1]}`
    }
    if (sender.digest !== receiver.digest) return 'the digests are not equal'
    const { file } = this.#subject
    const saved = join(this.#output, basename(file))
    const left = (await readdir(this.#output)).length - 1
    if (left > 0) return `${left} things are left beside the file`
    return (await sha256(saved)) === this.#subject.sha256 ? undefined : 'the file is not the same'
  }

  async stop() {
    await Promise.all([...this.#running.values()].map(({ child }) => stopProcess(child, 'SIGKILL')))
  }

  get #isSaved() {
    return existsSync(join(this.#output, basename(this.#subject.file)))
  }

  /**
   * @param {Side} side
   * @param {Event} event
   */
  #happened(side, event) {
    if (event.event === 'connected') this.connectedMs = performance.now()
    if (side === 'receiver' && event.event === 'offer') this.#resolveOffered()
    if (event.event === 'done') this.sentBytes = Math.max(this.sentBytes, Number(event['sent']))
  }
}

/**
 * What is on disk of all files below `directory`, holes not counted.
 * @param {string} directory
 */
async function allocatedBytes(directory) {
  const entries = await readdir(directory, { recursive: true })
  const sizes = await Promise.all(
    entries.map(async (name) => {
      const found = await stat(join(directory, name)).catch(() => undefined)
      return found?.isFile() ? found.blocks * STAT_BLOCK_BYTES : 0
    }),
  )
  return sizes.reduce((sum, bytes) => sum + bytes, 0)
}
