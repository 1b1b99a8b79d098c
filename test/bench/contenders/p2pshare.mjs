import { randomInt } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { freePorts, startLocalServer } from '../local-server.mjs'
import { runBothSides, runWatched } from '../measured-process.mjs'

const PROGRAM = fileURLToPath(new URL('../../../bin/p2pshare.js', import.meta.url))

/**
 * The whole program, with a rendezvous server of its own.
 * @returns {Promise<import('./contender.mjs').Contender>}
 */
export async function startP2pshare() {
  const [port = 0] = await freePorts(1)
  const address = { host: '127.0.0.1', port }
  const server = await startLocalServer(
    command(['serve', '--host', address.host, '--port', String(port)]),
    address,
  )
  const version = await runWatched(command(['--version']), AbortSignal.timeout(10_000))
  return {
    name: 'p2pshare',
    about: `${version.stdout.trim()}; transfer alone: from consent to the saved, flushed file`,
    takesTrees: true,
    saves: true,
    run: (file, target, signal) => transfer(file, target, server.pid, port, signal),
    close: server.close,
  }
}

/**
 * @param {string} file
 * @param {string} target
 * @param {number} server
 * @param {number} port
 * @param {AbortSignal} signal
 */
async function transfer(file, target, server, port, signal) {
  const code = `${randomInt(1e9)}-bench-${randomInt(1e9)}`
  const options = ['--rendezvous', `http://127.0.0.1:${port}`, '--json']
  const { stdout, ...taken } = await runBothSides(
    {
      sender: command(['send', file, '--code', code, ...options]),
      receiver: command(['receive', code, '--yes', '--output', target, ...options]),
      servers: [server],
    },
    signal,
  )
  const { bytes, seconds } = doneEvent(stdout)
  return { ...taken, bytes, seconds }
}

/** @param {string[]} args */
function command(args) {
  return { command: process.execPath, args: [PROGRAM, ...args] }
}

/**
 * @param {string} lines
 * @returns {{ bytes: number, seconds: number }}
 */
function doneEvent(lines) {
  const events = lines.split('\n').filter((line) => line !== '')
  return events.map((line) => JSON.parse(line)).find(({ event }) => event === 'done')
}
