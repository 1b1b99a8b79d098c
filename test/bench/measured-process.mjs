import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  endedChildrenCpuSeconds,
  processTree,
  treeCpuSeconds,
  watchPeak,
} from './process-usage.mjs'

const SETTLE_MS = 2000
const SETTLE_POLL_MS = 10
const SHOWN_OUTPUT_LINES = 3

/**
 * @typedef {object} Command
 * @property {string} command
 * @property {string[]} args
 * @property {NodeJS.ProcessEnv} [env]
 * @property {string} [cwd]
 */

/**
 * Runs a command to its end and watches its memory. Fails unless it exits with 0.
 * @param {Command} command
 * @param {AbortSignal} signal kills it
 * @returns {Promise<{ stdout: string, peakBytes: number | undefined }>}
 */
export async function runWatched({ command, args, env = process.env, cwd }, signal) {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
    env,
    signal,
    killSignal: 'SIGKILL',
  })
  const watch = watchPeak(child.pid)
  try {
    const [stdout, stderr, [status, killedBy]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'exit'),
    ])
    if (status === 0) return { stdout, peakBytes: watch.stop() }
    const output = `${stdout}\n${stderr}`.trim().split(/[\r\n]+/)
    const shown = output.slice(-SHOWN_OUTPUT_LINES).join('; ')
    throw new Error(`${command} ended with ${status ?? killedBy}: ${shown}`)
  } finally {
    watch.stop()
  }
}

/**
 * Measures what an action takes whose work is done by children of this process that have ended
 * when it has, and by servers that go on.
 * @template Result
 * @param {number[]} servers
 * @param {() => Promise<Result>} action
 * @returns {Promise<Result & { totalSeconds: number, cpuSeconds: number | undefined }>}
 */
export async function measure(servers, action) {
  const before = await cpuSecondsSoFar(servers)
  const startedMs = performance.now()
  const result = await action()
  const totalSeconds = (performance.now() - startedMs) / 1000
  await settled(servers)
  const after = await cpuSecondsSoFar(servers)
  const cpuSeconds = before === undefined || after === undefined ? undefined : after - before
  return { ...result, totalSeconds, cpuSeconds }
}

/**
 * Runs both sides of a transfer, started at once, and measures them from start to both exits.
 * Where one fails the other is killed. A program whose receiver cannot come first has it started
 * when `senderReady` is fulfilled.
 * @param {{ sender: Command, receiver: Command, servers: number[],
 *   senderReady?: (signal: AbortSignal) => Promise<void> }} sides
 * @param {AbortSignal} signal
 */
export async function runBothSides({ sender, receiver, servers, senderReady }, signal) {
  const failed = new AbortController()
  const either = AbortSignal.any([signal, failed.signal])
  return measure(servers, async () => {
    const ready = senderReady?.(either)
    const received = async () => {
      await ready
      return runWatched(receiver, either)
    }
    const ends = [runWatched(sender, either), received()]
    try {
      const [sent, saved] = await Promise.all(ends)
      return {
        stdout: saved?.stdout ?? '',
        peakBytes: { sender: sent?.peakBytes, receiver: saved?.peakBytes },
      }
    } catch (error) {
      failed.abort()
      await Promise.allSettled(ends)
      throw error
    }
  })
}

/** @param {number[]} servers */
async function cpuSecondsSoFar(servers) {
  const ended = await endedChildrenCpuSeconds()
  return ended === undefined ? undefined : ended + (await treeCpuSeconds(servers))
}

/**
 * A server's child counts in full only once the server has collected it.
 * @param {number[]} servers
 */
async function settled(servers) {
  for (let waitedMs = 0; waitedMs < SETTLE_MS; waitedMs += SETTLE_POLL_MS) {
    const trees = await Promise.all(servers.map(processTree))
    if (trees.every((tree) => tree.length <= 1)) return
    await sleep(SETTLE_POLL_MS)
  }
}
