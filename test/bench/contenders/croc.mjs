import { randomInt } from 'node:crypto'
import { mkdtemp, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { freePorts, startLocalServer } from '../local-server.mjs'
import { runBothSides, runWatched } from '../measured-process.mjs'
import { bareEnvironment, findProgram } from './peer-program.mjs'

/** The program's module, as go knows it. */
export const CROC_MODULE = 'github.com/schollz/croc/v10@latest'
const REMEDY = `go install ${CROC_MODULE}`
/** One to meet at and four to carry data, as croc has by itself. */
const RELAY_PORTS = 5
/** A relay told to listen on 127.0.0.1 listens on every interface (croc 10.7). */
const RELAY_HOST = process.platform === 'linux' ? '127.0.0.2' : '127.0.0.1'

/**
 * The relay says so to a sender that has come. A receiver that comes first may be let in too early:
 * its first message can then overtake the relay's answer to the sender (croc 10.7).
 */
const SENDER_IN_ROOM = /room \S+ has 1/
const ABOUT =
  'own relay between the sides; the receiver starts once the sender waits there; compresses; ' +
  'asks the DNS for its public relay at each start'

/**
 * croc with a relay of its own on this machine, through which all data passes: its direct mode
 * announces itself to the local network.
 * @param {import('./contender.mjs').Place} place
 * @returns {Promise<import('./contender.mjs').Contender>}
 */
export async function startCroc({ directory, peersDirectory }) {
  const croc = await findProgram('croc', REMEDY, peersDirectory)
  const password = String(randomInt(1e9))
  const env = { ...(await bareEnvironment(directory)), CROC_PASS: password }
  const version = await runWatched(
    { command: croc, args: ['--version'], env },
    AbortSignal.timeout(20_000),
  )
  const ports = await freePorts(RELAY_PORTS)
  // Here --debug makes the relay log who comes, nothing more.
  const listen = ['--debug', 'relay', '--host', RELAY_HOST, '--ports', ports.join(',')]
  const server = await startLocalServer(
    { command: croc, args: listen, env, cwd: directory },
    { host: RELAY_HOST, port: ports[0] ?? 0 },
  )
  return {
    name: 'croc',
    about: `${version.stdout.trim()}; ${ABOUT}`,
    saves: true,
    run: transferWith({ croc, env, directory, port: ports[0] ?? 0, server }),
    close: server.close,
  }
}

/**
 * @param {{ croc: string, env: NodeJS.ProcessEnv, directory: string, port: number,
 *   server: import('../local-server.mjs').LocalServer }} setup
 * @returns {import('./contender.mjs').Contender['run']}
 */
function transferWith({ croc, env, directory, port, server }) {
  const relay = `${RELAY_HOST}:${port}`
  const shared = ['--yes', '--ignore-stdin', '--disable-clipboard', '--relay', relay]
  return async (file, target, signal) => {
    const out = await mkdtemp(join(dirname(target), 'croc-'))
    const secret = { ...env, CROC_SECRET: `${randomInt(1e9)}-bench-${randomInt(1e9)}` }
    try {
      const { stdout: _, ...taken } = await runBothSides(
        {
          sender: side(croc, [...shared, 'send', '--no-local', file], secret, directory),
          // With --ip the receiver asks no local network for the sender.
          receiver: side(croc, [...shared, '--ip', relay, '--out', out], secret, directory),
          servers: [server.pid],
          senderReady: (ended) => server.untilLogged(SENDER_IN_ROOM, ended),
        },
        signal,
      )
      await rename(join(out, basename(file)), target)
      return { ...taken, bytes: (await stat(target)).size }
    } finally {
      await rm(out, { recursive: true, force: true })
    }
  }
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @param {string} cwd
 */
function side(command, args, env, cwd) {
  return { command, args, env, cwd }
}
