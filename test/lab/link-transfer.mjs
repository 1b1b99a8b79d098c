import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { startProgram, watchProgram } from './linked-program.mjs'
import { stopProcess } from './processes.mjs'
import { SERVER_PORT } from './wan-link.mjs'

/**
 * @typedef {import('./linked-program.mjs').Event} Event
 * @typedef {import('./linked-program.mjs').ProgramEnd} ProgramEnd
 *
 * @typedef {{ atMs: number, bytes: number }} Sample so many bytes had been saved at a time
 *
 * @typedef {object} LinkTransfer
 * @property {boolean} finished both ended well, and agree on what was sent
 * @property {boolean} stopped it took too long
 * @property {Sample[]} samples from the receiver, from the offer (0 bytes) to the last byte or the
 *   moment when it failed or was stopped
 * @property {number} lanes the most at a time
 * @property {string[]} transports
 * @property {ProgramEnd} sender
 * @property {ProgramEnd} receiver
 *
 * @typedef {object} TransferOptions
 * @property {string} program p2pshare's
 * @property {string} rendezvous
 * @property {string} file
 * @property {string} target
 * @property {number} limitMs after that both programs are stopped
 * @property {() => void} onOffer
 */

/**
 * A rendezvous server in the network of side A.
 * @param {import('./wan-link.mjs').WanLink} link
 * @param {string} program
 * @returns {Promise<{ url: string, close(): Promise<void> }>}
 */
export async function startServer(link, program) {
  const { a: host } = link.addresses
  const argv = ['serve', '--host', host, '--port', String(SERVER_PORT)]
  const server = startProgram(link, 'a', [program, ...argv])
  const [line] = await Promise.race([
    once(createInterface({ input: server.stdout }), 'line'),
    once(server, 'close'),
  ])
  if (typeof line !== 'string') throw new Error('The rendezvous server did not start')
  server.stderr.resume()
  return { url: line.trim(), close: () => stopProcess(server) }
}

/**
 * Sends a file from side A to side B with the whole program.
 * @param {import('./wan-link.mjs').WanLink} link
 * @param {TransferOptions} options
 * @returns {Promise<LinkTransfer>}
 */
export async function linkTransfer(link, options) {
  /** @type {Event[]} */
  const events = []
  /** @type {number | undefined} */
  let stoppedAtMs
  const [send, receive] = startBothSides(link, options)
  const limit = setTimeout(() => {
    stoppedAtMs = Date.now()
    for (const side of [send, receive]) void stopProcess(side)
  }, options.limitMs)
  const [sender, receiver] = await Promise.all([
    watchProgram(send, () => {}),
    watchProgram(receive, (event) => {
      events.push(event)
      if (event.event === 'offer') options.onOffer()
    }),
  ])
  clearTimeout(limit)
  const finished = agree(sender, receiver)
  const endMs = finished ? undefined : (stoppedAtMs ?? Date.now())
  const samples = samplesOf(events, endMs)
  const stopped = stoppedAtMs !== undefined
  return { finished, stopped, samples, ...waysOf(events), sender, receiver }
}

/**
 * @param {import('./wan-link.mjs').WanLink} link
 * @param {TransferOptions} options
 */
function startBothSides(link, { program, rendezvous, file, target }) {
  const code = `${randomInt(1e9)}-lab-${randomInt(1e9)}`
  const shared = ['--rendezvous', rendezvous, '--json']
  const send = ['send', file, '--code', code, ...shared]
  const receive = ['receive', code, '--yes', '--output', target, ...shared]
  return /** @type {const} */ ([
    startProgram(link, 'a', [program, ...send]),
    startProgram(link, 'b', [program, ...receive]),
  ])
}

/**
 * @param {ProgramEnd} sender
 * @param {ProgramEnd} receiver
 */
function agree(sender, receiver) {
  const isSame = sender.digest !== undefined && sender.digest === receiver.digest
  return isSame && sender.status === 0 && receiver.status === 0
}

/**
 * @param {Event[]} events
 * @param {number | undefined} endMs of a transfer that did not get to its end
 * @returns {Sample[]}
 */
function samplesOf(events, endMs) {
  const samples = events.flatMap(({ event, time, bytes }) => {
    if (event === 'offer') return [{ atMs: Date.parse(time), bytes: 0 }]
    return event === 'progress' ? [{ atMs: Date.parse(time), bytes: Number(bytes) }] : []
  })
  const last = samples.at(-1)
  return last && endMs !== undefined ? [...samples, { ...last, atMs: endMs }] : samples
}

/** @param {Event[]} events */
function waysOf(events) {
  const transports = events.flatMap(({ event, transport, transports }) => {
    if (event === 'connected') return [String(transport)]
    return event === 'progress' && Array.isArray(transports) ? transports.map(String) : []
  })
  const lanes = Math.max(0, ...events.map(({ lanes }) => Number(lanes ?? 0)))
  return { lanes, transports: [...new Set(transports)].sort() }
}
