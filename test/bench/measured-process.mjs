import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'

const POLL_MS = 50
/** USER_HZ, which Linux has fixed for what it tells programs. */
const TICKS_PER_SECOND = 100

/**
 * @typedef {object} Measured
 * @property {string} stdout
 * @property {number} cpuSeconds user and system time, all threads; 0 where /proc is missing
 * @property {number} peakBytes largest resident size; 0 where /proc is missing
 */

/**
 * Runs `node` with `args` to its end and measures what it used. Fails unless it exits with 0.
 * @param {string[]} args
 * @returns {Promise<Measured>}
 */
export async function runMeasured(args) {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const usage = { cpuSeconds: 0, peakBytes: 0 }
  const poll = setInterval(() => void readUsage(child.pid, usage), POLL_MS)
  try {
    const [stdout, stderr, [status, signal]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'exit'),
    ])
    if (status !== 0) {
      throw new Error(`node ${args.join(' ')} ended with ${status ?? signal}: ${stderr}${stdout}`)
    }
    return { stdout, ...usage }
  } finally {
    clearInterval(poll)
  }
}

/**
 * @param {number | undefined} pid
 * @param {{ cpuSeconds: number, peakBytes: number }} usage
 */
export async function readUsage(pid, usage) {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    usage.cpuSeconds = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]
    if (peak !== undefined) usage.peakBytes = Number(peak) * 1024
  } catch {
    // It has ended, or this system has no /proc: the last figures stand.
  }
}
