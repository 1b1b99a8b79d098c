import { spawn } from 'node:child_process'
import { on, once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const START_LIMIT_MS = 20_000
const POLL_MS = 20
const KEPT_OUTPUT_CHARACTERS = 1000

/**
 * @typedef {object} LocalServer
 * @property {number} pid
 * @property {(pattern: RegExp, signal: AbortSignal) => Promise<void>} untilLogged waits until it
 *   prints to standard error, from now on, what the pattern matches
 * @property {() => Promise<void>} close
 */

/**
 * Starts a server in a process of its own and waits until it listens at `address`.
 * @param {import('./measured-process.mjs').Command} command
 * @param {{ host: string, port: number }} address
 * @returns {Promise<LocalServer>} fails with what the server printed
 */
export async function startLocalServer({ command, args, env = process.env, cwd }, address) {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
    ...(cwd === undefined ? {} : { cwd }),
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (part) => {
      output = `${output}${part}`.slice(-KEPT_OUTPUT_CHARACTERS)
    })
  }
  const exited = once(child, 'close').then(() => {
    throw new Error(`${command} did not start: ${output.trim()}`)
  })
  const close = () => ended(child)
  try {
    await Promise.race([exited, untilListening(address)])
    exited.catch(() => {})
    const untilLogged = (/** @type {RegExp} */ pattern, /** @type {AbortSignal} */ signal) =>
      untilPrinted(child.stderr, pattern, signal)
    return { pid: Number(child.pid), untilLogged, close }
  } catch (error) {
    await close()
    throw error
  }
}

/**
 * Ports of 127.0.0.1 that nothing listens on at this moment.
 * @param {number} count
 * @returns {Promise<number[]>}
 */
export async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => {
    const address = server.address()
    return typeof address === 'object' && address ? address.port : 0
  })
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

/**
 * @param {import('node:stream').Readable} stream
 * @param {RegExp} pattern
 * @param {AbortSignal} signal
 */
async function untilPrinted(stream, pattern, signal) {
  for await (const [part] of on(stream, 'data', { signal })) if (pattern.test(String(part))) return
}

/** @param {{ host: string, port: number }} address */
async function untilListening(address) {
  for (let waitedMs = 0; waitedMs < START_LIMIT_MS; waitedMs += POLL_MS) {
    if (await accepts(address)) return
    await sleep(POLL_MS)
  }
  throw new Error(`nothing listens on port ${address.port} after ${START_LIMIT_MS / 1000} s`)
}

/** @param {{ host: string, port: number }} address */
async function accepts({ host, port }) {
  const socket = connect({ host, port })
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

/** @param {import('node:child_process').ChildProcess} child */
async function ended(child) {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill()
  await exit
}
