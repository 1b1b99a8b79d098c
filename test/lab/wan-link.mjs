import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { startProcess } from './processes.mjs'

const SOURCE = fileURLToPath(new URL('./wan-link.c', import.meta.url))
const CONGESTION_CONTROL = '/proc/sys/net/ipv4/tcp_congestion_control'
/** The only port for TCP on a line that has `udpOnly`. */
export const SERVER_PORT = 7342

/**
 * @typedef {object} Line what lies between the two networks, the same in both directions
 * @property {number} rateMbit 0 for no limit
 * @property {number} roundTripMs
 * @property {number} [lossPercent]
 * @property {number} [queueMs] what would wait longer is dropped; 100 unless told
 * @property {boolean} [udpOnly] no TCP but from and to SERVER_PORT
 *
 * @typedef {object} WayStats one direction; counts since the start, waits since the last reading
 * @property {number} sentPackets
 * @property {number} sentBytes
 * @property {number} lostPackets of those sent
 * @property {number} droppedPackets never sent, because the queue was full
 * @property {number} barredPackets never sent, because TCP is barred
 * @property {number} waitMs what a packet would wait now
 * @property {number} meanWaitMs of the packets sent
 * @property {number} maxWaitMs
 *
 * @typedef {object} LinkStats
 * @property {number} rateMbit
 * @property {number} latestMs by how much a packet was late at most, through no wish of the link
 * @property {WayStats} aToB
 * @property {WayStats} bToA
 */

/**
 * Compiles the link into `directory`. Needs gcc.
 * @param {string} directory
 * @returns {string} the path of the program
 */
export function compileLink(directory) {
  const program = join(directory, 'wan-link')
  execFileSync('gcc', ['-O2', '-Wall', '-o', program, SOURCE], { stdio: 'inherit' })
  return program
}

/**
 * Two networks with a long line between them (Linux, root). They end with `close()`, or with this
 * process.
 */
export class WanLink {
  /** The address of either side. */
  addresses
  #process
  #namespaces
  /** @type {{ resolve(stats: LinkStats): void, reject(error: Error): void }[]} */
  #readers = []

  /**
   * @param {import('node:child_process').ChildProcessByStdio<
   *   import('node:stream').Writable, import('node:stream').Readable, null>} child
   * @param {import('node:readline').Interface} lines
   * @param {{ namespaces: [string, string], addresses: [string, string] }} sides
   */
  constructor(child, lines, { namespaces, addresses }) {
    this.#process = child
    this.#namespaces = { a: namespaces[0], b: namespaces[1] }
    this.addresses = { a: addresses[0], b: addresses[1] }
    lines.on('line', (line) => this.#readers.shift()?.resolve(JSON.parse(line)))
    const ended = new Error('The link is no longer there')
    child.on('close', () => this.#readers.splice(0).forEach(({ reject }) => void reject(ended)))
    child.stdin.on('error', () => {})
  }

  /**
   * @param {string} program from compileLink
   * @param {Line} line
   */
  static async start(program, line) {
    const { rateMbit, roundTripMs, lossPercent = 0, queueMs = 100, udpOnly = false } = line
    const options = { rate: rateMbit, rtt: roundTripMs, loss: lossPercent, queue: queueMs }
    const argv = Object.entries({ ...options, ...(udpOnly && { 'tcp-port': SERVER_PORT }) })
    const child = startProcess(
      spawn(
        program,
        argv.flatMap(([name, value]) => [`--${name}`, String(value)]),
        {
          stdio: ['pipe', 'pipe', 'inherit'],
        },
      ),
    )
    const lines = createInterface({ input: child.stdout })
    const first = await Promise.race([once(lines, 'line'), once(lines, 'close')])
    if (first.length === 0) throw new Error('The link needs root, network namespaces and TUN')
    return new WanLink(child, lines, JSON.parse(first[0]))
  }

  /**
   * The command line that runs `argv` in the network of a side; it ends with this process.
   * @param {'a' | 'b'} side
   * @param {string[]} argv
   */
  inside(side, argv) {
    const enter = ['nsenter', `--net=${this.#namespaces[side]}`, '--']
    return [...enter, 'setpriv', '--pdeathsig', 'KILL', '--', ...argv]
  }

  /** @param {number} rateMbit from now on, in both directions */
  setRate(rateMbit) {
    this.#process.stdin.write(`rate ${rateMbit}\n`)
  }

  /** @returns {Promise<LinkStats>} */
  stats() {
    return new Promise((resolve, reject) => {
      this.#readers.push({ resolve, reject })
      this.#process.stdin.write('stats\n')
    })
  }

  /**
   * What TCP on both sides goes by; sets it first if there is a `name`. Linux lets a namespace have
   * only what net.ipv4.tcp_allowed_congestion_control names.
   * @param {string} [name]
   * @returns {string}
   */
  tcpCongestionControl(name) {
    const set = name === undefined ? '' : `printf %s "$1" > ${CONGESTION_CONTROL} && `
    const names = /** @type {const} */ (['a', 'b']).map((side) => {
      const script = ['sh', '-c', `${set}cat ${CONGESTION_CONTROL}`, 'sh', name ?? '']
      const [command = '', ...argv] = this.inside(side, script)
      const { stdout, status } = spawnSync(command, argv, { encoding: 'utf8' })
      if (status !== 0) throw new Error(`TCP cannot go by ${name}; it can by ${allowed()}`)
      return stdout.trim()
    })
    return [...new Set(names)].join(' and ')
  }

  async close() {
    if (this.#process.exitCode !== null) return
    const ended = once(this.#process, 'close')
    this.#process.stdin.end()
    await ended
  }
}

function allowed() {
  return readFileSync('/proc/sys/net/ipv4/tcp_allowed_congestion_control', 'utf8').trim()
}
