import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { treeCpuSeconds, watchPeak } from '../bench/process-usage.mjs'
import { startProcess } from './processes.mjs'

const CPU_POLL_MS = 200

/**
 * @typedef {{ event: string, time: string, [field: string]: unknown }} Event a line of `--json`
 *
 * @typedef {object} ProgramEnd
 * @property {number | null} status
 * @property {number} peakBytes largest resident size
 * @property {number} cpuSeconds user and system time
 * @property {string} [digest] of its `done` event
 * @property {string} complaint what it said of an error, or nothing
 */

/**
 * Starts `node` with `argv` in the network of a side.
 * @template {string} Side
 * @param {{ inside(side: Side, argv: string[]): string[] }} link
 * @param {Side} side
 * @param {string[]} argv
 * @param {NodeJS.ProcessEnv} [env] besides that of this process
 */
export function startProgram(link, side, argv, env = {}) {
  const [command = '', ...rest] = link.inside(side, [process.execPath, ...argv])
  const environment = { ...process.env, ...env }
  return startProcess(spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'], env: environment }))
}

/**
 * Follows p2pshare under `--json` to its end.
 * @param {ReturnType<typeof startProgram>} child
 * @param {(event: Event) => void} onEvent
 * @returns {Promise<ProgramEnd>}
 */
export async function watchProgram(child, onEvent) {
  const usage = watchUsage(child.pid)
  let complaint = ''
  /** @type {Event | undefined} */
  let done
  createInterface({ input: child.stderr }).on('line', (line) => {
    complaint = line
  })
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = parsed(line)
    if (!event) return
    if (event.event === 'error') complaint = `${event['code']}: ${event['message']}`
    if (event.event === 'done') done = event
    onEvent(event)
  })
  const [status] = await once(child, 'close')
  return { status, ...usage.stop(), complaint, ...(done && { digest: String(done['digest']) }) }
}

/**
 * Nothing for the piece of a line that a killed program leaves.
 * @param {string} line
 * @returns {Event | undefined}
 */
function parsed(line) {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** @param {number | undefined} pid */
function watchUsage(pid) {
  const peak = watchPeak(pid)
  let cpuSeconds = 0
  const poll = setInterval(async () => {
    cpuSeconds = Math.max(cpuSeconds, await treeCpuSeconds(pid === undefined ? [] : [pid]))
  }, CPU_POLL_MS)
  const stop = () => {
    clearInterval(poll)
    return { peakBytes: peak.stop() ?? 0, cpuSeconds }
  }
  return { stop }
}
