import { execFileSync, spawn } from 'node:child_process'
import { createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startProgram } from './linked-program.mjs'
import { RELAY, RENDEZVOUS } from './nat-network.mjs'
import { startProcess, stopProcess } from './processes.mjs'

const TLS_FRONT = fileURLToPath(new URL('./tls-front.mjs', import.meta.url))
const SERVE_PORT = '7342'
/** What `serve`, the TLS front and coturn say when they listen. */
const READY = /^https?:|^ready$|Total General servers/m
const TURN_SECRET = randomBytes(16).toString('hex')
const CREDENTIAL_SECONDS = 600
const KEPT_OUTPUT_CHARACTERS = 2000

/** Of the relay: what it is asked for by UDP, and where only TCP to port 443 gets out. */
const TURN_URLS = [`turn:${RELAY.ipv4}:3478?transport=udp`, `turn:${RELAY.ipv4}:443?transport=tcp`]

/** Where the STUN server is: a symmetric NAT is recognised by two ports. */
const STUN_ADDRESSES = [RELAY.ipv4, `[${RELAY.ipv6}]`].flatMap((host) => [
  `${host}:3478`,
  `${host}:443`,
])

/** @type {Record<Offer, string[]>} */
const OPTIONS = {
  relay: Object.values(RELAY).flatMap((address) => ['--relay', address]),
  stun: STUN_ADDRESSES.flatMap((address) => ['--stun', `stun:${address}`]),
  nothing: [],
}

/**
 * What the server offers to its clients besides the rendezvous: a STUN server and a relay, a STUN
 * server, or nothing.
 * @typedef {'relay' | 'stun' | 'nothing'} Offer
 *
 * @typedef {object} LabServer
 * @property {() => RTCIceServer[]} iceServers the relay, with a credential for a while
 * @property {() => Promise<void>} close
 *
 * @typedef {object} Certificate files
 * @property {string} key
 * @property {string} certificate which vouches for itself, so that clients can be told to trust it
 */

/**
 * A certificate for the addresses of the rendezvous. Needs openssl.
 * @param {string} directory
 * @returns {Certificate}
 */
export function makeCertificate(directory) {
  const files = { key: join(directory, 'key.pem'), certificate: join(directory, 'certificate.pem') }
  const names = Object.values(RENDEZVOUS).map((address) => `IP:${address}`)
  const options = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const subject = ['-subj', '/CN=lab', '-addext', `subjectAltName=${names.join(',')}`]
  const output = ['-days', '2', '-keyout', files.key, '-out', files.certificate]
  execFileSync('openssl', ['req', ...options, ...subject, ...output], { stdio: 'pipe' })
  return files
}

/**
 * The rendezvous at port 443 of its addresses, and what it offers, on the lab's server.
 * @param {import('./nat-network.mjs').NatNetwork} network
 * @param {{ program: string, offer: Offer, certificate: Certificate }} options
 * @returns {Promise<LabServer>}
 */
export async function startServer(network, { program, offer, certificate }) {
  const listen = ['--host', '127.0.0.1', '--port', SERVE_PORT, '--trusted-proxy', '127.0.0.1']
  const serve = [program, 'serve', ...listen, ...OPTIONS[offer]]
  const files = [certificate.key, certificate.certificate]
  const front = [TLS_FRONT, ...files, SERVE_PORT, ...Object.values(RENDEZVOUS)]
  const env = offer === 'relay' ? { P2PSHARE_TURN_SECRET: TURN_SECRET } : {}
  const programs = [serve, front].map((argv) => startProgram(network, 'server', argv, env))
  const all = offer === 'stun' ? [...programs, startStun(network)] : programs
  await Promise.all(all.map(untilReady))
  return {
    iceServers: relayServers,
    async close() {
      await Promise.all(all.map((child) => stopProcess(child)))
    },
  }
}

/**
 * See draft-uberti-behave-turn-rest-00, section 2.2.
 * @returns {RTCIceServer[]}
 */
function relayServers() {
  const username = `${Math.floor(Date.now() / 1000) + CREDENTIAL_SECONDS}:lab`
  const credential = createHmac('sha1', TURN_SECRET).update(username).digest('base64')
  return [{ urls: TURN_URLS, username, credential }]
}

/** @param {import('./nat-network.mjs').NatNetwork} network */
function startStun(network) {
  const onPort443 = STUN_ADDRESSES.filter((address) => address.endsWith(':443'))
  const addresses = [
    ...Object.values(RELAY).flatMap((address) => ['--listening-ip', address]),
    ...onPort443.flatMap((address) => ['--aux-server', address]),
  ]
  const quiet = ['-n', '--no-cli', '--no-tls', '--no-dtls', '--log-file', 'stdout']
  const argv = ['turnserver', '--stun-only', ...quiet, '--pidfile', '/dev/null', ...addresses]
  const [command = '', ...rest] = network.inside('server', argv)
  return startProcess(spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'] }))
}

/**
 * Every program here says so on its standard output when it listens, coturn among other things.
 * @param {ReturnType<typeof startStun>} child
 */
async function untilReady(child) {
  let said = ''
  const isReady = new Promise((resolve) => {
    child.stderr.on('data', (part) => {
      said = `${said}${part}`.slice(-KEPT_OUTPUT_CHARACTERS)
    })
    child.stdout.on('data', (part) => {
      said = `${said}${part}`.slice(-KEPT_OUTPUT_CHARACTERS)
      if (READY.test(said)) resolve(true)
    })
  })
  const ended = once(child, 'close').then(() => {
    throw new Error(`${child.spawnargs.join(' ')} did not start: ${said.trim()}`)
  })
  await Promise.race([isReady, ended])
  ended.catch(() => {})
}
