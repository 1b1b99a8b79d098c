import { randomInt } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { sha256 } from '../bench/test-files.mjs'
import { startProgram, watchProgram } from './linked-program.mjs'
import { stopProcess } from './processes.mjs'

/**
 * @typedef {import('./linked-program.mjs').Event} Event
 * @typedef {import('./nat-network.mjs').Machines} Machines
 * @typedef {import('./nat-network.mjs').Side} Side
 *
 * @typedef {object} Parcel
 * @property {string} file
 * @property {number} bytes
 * @property {string} sha256
 *
 * @typedef {object} TransferOptions
 * @property {string} program p2pshare's
 * @property {string} rendezvous
 * @property {string} certificate a file with what the programs are to trust
 * @property {Parcel} parcel that Alice sends to Bob
 * @property {string} target
 * @property {string[]} [flags] of both programs
 * @property {number} [limitMs] after that both are stopped
 * @property {(side: Side, event: Event) => void} [onEvent]
 *
 * @typedef {object} SideEnd
 * @property {number | null} status
 * @property {string} sentence what it said of why it failed, with what would help, or nothing
 * @property {string} [path] by which it was connected first
 * @property {string} [transport] of that
 * @property {string} [lastPath] which it told of last
 *
 * @typedef {object} NatTransfer
 * @property {boolean} arrived both ended well, and what was saved is what was sent
 * @property {number} [connectedSeconds] from the receiver's start to its connection
 * @property {number} [bytesPerSecond] from the offer to the end, at the receiver
 * @property {number} seconds from the receiver's start until both had ended
 * @property {Record<Side, SideEnd>} ends
 * @property {Record<Side, import('./nat-network.mjs').Traffic>} traffic
 */

const LIMIT_MS = 120_000
const SIDES = /** @type {const} */ (['alice', 'bob'])

/**
 * Sends a file from Alice to Bob with the whole program; Bob's begins when Alice's waits.
 * @param {Machines} machines
 * @param {TransferOptions} options
 * @returns {Promise<NatTransfer>}
 */
export async function natTransfer(machines, options) {
  const { parcel, target, limitMs = LIMIT_MS } = options
  const code = `${randomInt(1e9)}-lab-${randomInt(1e9)}`
  for (const side of SIDES) machines.traffic(side)
  const alice = new Program(machines, 'alice', ['send', parcel.file, '--code', code], options)
  const running = [alice]
  const limit = setTimeout(() => running.forEach((program) => void program.stop()), limitMs)
  await Promise.race([alice.waits, alice.ended])
  const startMs = performance.now()
  const receive = ['receive', code, '--yes', '--output', target]
  const bob = new Program(machines, 'bob', receive, options)
  running.push(bob)
  const [sent, received] = await Promise.all([alice.ended, bob.ended])
  clearTimeout(limit)
  const seconds = (performance.now() - startMs) / 1000
  const traffic = { alice: machines.traffic('alice'), bob: machines.traffic('bob') }
  const isDone = sent.status === 0 && received.status === 0
  const arrived = isDone && (await sha256(target)) === parcel.sha256
  await rm(target, { force: true })
  return {
    arrived,
    seconds,
    ends: { alice: sent, bob: received },
    traffic,
    ...bob.measured(startMs, parcel.bytes),
  }
}

/** One of the two programs. */
class Program {
  /** @type {Promise<SideEnd>} */
  ended
  /** @type {Promise<void>} */
  waits
  #child
  /** When the receiver was connected, was offered something, and had it. @type {Map<string, number>} */
  #atMs = new Map()
  /** @type {Event | undefined} */
  #connected
  /** @type {Event | undefined} */
  #lastPath
  #sentence = ''

  /**
   * @param {Machines} machines
   * @param {Side} side
   * @param {string[]} argv
   * @param {TransferOptions} options
   */
  constructor(machines, side, argv, { program, rendezvous, certificate, flags = [], onEvent }) {
    const whole = [program, ...argv, '--rendezvous', rendezvous, '--json', ...flags]
    const env = { NODE_EXTRA_CA_CERTS: certificate }
    this.#child = startProgram(machines, side, whole, env)
    /** @type {() => void} */
    let waits = () => {}
    this.waits = new Promise((resolve) => {
      waits = resolve
    })
    const end = watchProgram(this.#child, (event) => {
      if (event.event === 'waiting') waits()
      if (event.event === 'connected') this.#connected ??= event
      if (event.event === 'connected' || event.event === 'path') this.#lastPath = event
      if (event.event === 'error') this.#sentence = `${event['message']}. ${event['hint']}`
      if (!this.#atMs.has(event.event)) this.#atMs.set(event.event, performance.now())
      onEvent?.(side, event)
    })
    this.ended = end.then(({ status, complaint }) => ({
      status,
      sentence: this.#sentence || complaint,
      ...(this.#connected && {
        path: String(this.#connected['path']),
        transport: String(this.#connected['transport']),
      }),
      ...(this.#lastPath && { lastPath: String(this.#lastPath['path']) }),
    }))
  }

  /**
   * @param {number} startMs
   * @param {number} bytes
   */
  measured(startMs, bytes) {
    const [connectedMs, offeredMs, doneMs] = ['connected', 'offer', 'done'].map((name) =>
      this.#atMs.get(name),
    )
    return {
      ...(connectedMs !== undefined && { connectedSeconds: (connectedMs - startMs) / 1000 }),
      ...(offeredMs !== undefined &&
        doneMs !== undefined && { bytesPerSecond: (bytes / (doneMs - offeredMs)) * 1000 }),
    }
  }

  stop() {
    return stopProcess(this.#child)
  }
}
