import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { runMeasured } from './measured-process.mjs'

const PROGRAM = fileURLToPath(new URL('../../bin/p2pshare.js', import.meta.url))

/**
 * A rendezvous server in a process of its own.
 * @returns {Promise<{ url: string, close(): void }>}
 */
export async function startServer() {
  const args = [PROGRAM, 'serve', '--host', '127.0.0.1', '--port', '0']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] })
  const [line] = await once(child.stdout, 'data')
  return { url: String(line).trim(), close: () => child.kill() }
}

/**
 * Moves a file with the whole program: two processes, started at once.
 * @param {string} file
 * @param {string} target
 * @param {string} rendezvous
 * @returns {Promise<{
 *   bytes: number, seconds: number, totalSeconds: number, cpuSeconds: number,
 *   peakBytes: { sender: number, receiver: number }
 * }>} `seconds` from the receiver's consent to the saved file, `totalSeconds` from start to both exits
 */
export async function programTransfer(file, target, rendezvous) {
  const code = `${randomInt(1e9)}-bench-${randomInt(1e9)}`
  const options = ['--rendezvous', rendezvous, '--json']
  const startedMs = performance.now()
  const [sender, receiver] = await Promise.all([
    runMeasured([PROGRAM, 'send', file, '--code', code, ...options]),
    runMeasured([PROGRAM, 'receive', code, '--yes', '--output', target, ...options]),
  ])
  const totalSeconds = (performance.now() - startedMs) / 1000
  await rm(target)
  const done = receiver.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
    .find(({ event }) => event === 'done')
  return {
    bytes: done.bytes,
    seconds: done.seconds,
    totalSeconds,
    cpuSeconds: sender.cpuSeconds + receiver.cpuSeconds,
    peakBytes: { sender: sender.peakBytes, receiver: receiver.peakBytes },
  }
}
