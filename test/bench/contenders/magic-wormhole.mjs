import { randomInt } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { totalBytes } from '../contents.mjs'
import { freePorts, startLocalServer } from '../local-server.mjs'
import { runBothSides, runWatched } from '../measured-process.mjs'
import { bareEnvironment, findProgram } from './peer-program.mjs'

/** The packages that hold the program and its mailbox server, as pip knows them. */
export const WORMHOLE_PACKAGES = ['magic-wormhole', 'magic-wormhole-mailbox-server']
const REMEDY = `pip install ${WORMHOLE_PACKAGES.join(' ')}`

/**
 * magic-wormhole with a mailbox server of its own and no transit relay.
 * @param {import('./contender.mjs').Place} place
 * @returns {Promise<import('./contender.mjs').Contender>}
 */
export async function startMagicWormhole({ directory, peersDirectory }) {
  const wormhole = await findProgram('wormhole', REMEDY, peersDirectory)
  const twist = await findProgram('twist', REMEDY, peersDirectory)
  const env = await bareEnvironment(directory)
  const [port = 0] = await freePorts(1)
  const listen = `--port=tcp:${port}:interface=127.0.0.1`
  const mailbox = ['wormhole-mailbox', listen, '--channel-db=:memory:']
  const version = await runWatched(
    { command: wormhole, args: ['--version'], env },
    AbortSignal.timeout(20_000),
  )
  const server = await startLocalServer(
    { command: twist, args: mailbox, env, cwd: directory },
    { host: '127.0.0.1', port },
  )
  const run = transferWith({ wormhole, env, directory, port, server: server.pid })
  const about = `${version.stdout.trim()}; own mailbox server, direct; compresses no file, and zips a directory first`
  const abilities = { takesTrees: true, saves: true }
  return { name: 'magic-wormhole', about, ...abilities, run, close: server.close }
}

/**
 * @param {{ wormhole: string, env: NodeJS.ProcessEnv, directory: string, port: number,
 *   server: number }} setup
 * @returns {import('./contender.mjs').Contender['run']}
 */
function transferWith({ wormhole, env, directory, port, server }) {
  const timing = join(directory, 'timing.json')
  // An empty transit helper: else the public one is told of every transfer.
  const shared = ['--relay-url', `ws://127.0.0.1:${port}/v1`, '--transit-helper', '']
  return async (file, target, signal) => {
    const code = `${randomInt(1e6)}-bench-${randomInt(1e9)}`
    const receive = ['--dump-timing', timing, 'receive', '--accept-file', '-o', target, code]
    const { stdout: _, ...taken } = await runBothSides(
      {
        sender: { command: wormhole, args: [...shared, 'send', '--code', code, file], env },
        receiver: { command: wormhole, args: [...shared, ...receive], env },
        servers: [server],
      },
      signal,
    )
    return { ...taken, bytes: await totalBytes(target), seconds: await receivedSeconds(timing) }
  }
}

/**
 * From the connection to the saved file, as the receiver timed it.
 * @param {string} timing
 * @returns {Promise<number | undefined>}
 */
async function receivedSeconds(timing) {
  /** @type {{ name: string, start: number, stop: number | null }[]} */
  const events = JSON.parse(await readFile(timing, 'utf8'))
  const transfer = events.find(({ name }) => name === 'rx file')
  return transfer?.stop ? transfer.stop - transfer.start : undefined
}
