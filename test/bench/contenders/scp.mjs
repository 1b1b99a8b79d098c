import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { freePorts, startLocalServer } from '../local-server.mjs'
import { measure, runWatched } from '../measured-process.mjs'
import { watchPeak } from '../process-usage.mjs'
import { bareEnvironment, findProgram } from './peer-program.mjs'

const REMEDY = 'apt-get install openssh-client openssh-server'

/**
 * scp to an SSH server of its own on this machine, with keys made for it.
 * @param {import('./contender.mjs').Place} place
 * @returns {Promise<import('./contender.mjs').Contender>}
 */
export async function startScp({ directory, peersDirectory }) {
  const find = (/** @type {string} */ name) => findProgram(name, REMEDY, peersDirectory)
  const [scp, keygen, sshd] = [await find('scp'), await find('ssh-keygen'), await find('sshd')]
  const env = await bareEnvironment(directory)
  await makeKeys(directory, keygen, env)
  const banner = await runWatched(
    { command: '/bin/sh', args: ['-c', 'ssh -V 2>&1'], env },
    AbortSignal.timeout(10_000),
  )
  const [port = 0] = await freePorts(1)
  const config = join(directory, 'sshd_config')
  await writeFile(config, serverConfig(directory, port))
  const server = await startLocalServer(
    { command: sshd, args: ['-D', '-e', '-f', config], env },
    { host: '127.0.0.1', port },
  )
  const args = clientOptions(directory, port)
  return {
    name: 'scp',
    about: `${banner.stdout.trim()}; the receiver is sshd, running before; compresses nothing`,
    saves: true,
    run: async (file, target, signal) => {
      const client = { command: scp, args: [...args, file, `127.0.0.1:${target}`], env }
      const taken = await copy(client, server.pid, signal)
      return { ...taken, bytes: (await stat(target)).size }
    },
    close: server.close,
  }
}

/**
 * @param {import('../measured-process.mjs').Command} client
 * @param {number} server
 * @param {AbortSignal} signal
 */
async function copy(client, server, signal) {
  const receiver = watchPeak(server)
  try {
    const {
      stdout: _,
      peakBytes,
      ...taken
    } = await measure([server], () => runWatched(client, signal))
    return { ...taken, peakBytes: { sender: peakBytes, receiver: receiver.stop() } }
  } finally {
    receiver.stop()
  }
}

/**
 * @param {string} directory
 * @param {string} keygen
 * @param {NodeJS.ProcessEnv} env
 */
async function makeKeys(directory, keygen, env) {
  await mkdir(directory, { recursive: true })
  for (const name of ['host-key', 'user-key']) {
    const args = ['-q', '-t', 'ed25519', '-N', '', '-f', join(directory, name)]
    await runWatched({ command: keygen, args, env }, AbortSignal.timeout(20_000))
  }
  const hostKey = await readFile(join(directory, 'host-key.pub'), 'utf8')
  await writeFile(join(directory, 'known-hosts'), `bench ${hostKey}`)
}

/**
 * @param {string} directory
 * @param {number} port
 */
function serverConfig(directory, port) {
  return [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${join(directory, 'host-key')}`,
    `AuthorizedKeysFile ${join(directory, 'user-key.pub')}`,
    `AllowUsers ${userInfo().username}`,
    'PidFile none',
    // The keys are under the directory for temporary files, which all may write to.
    'StrictModes no',
    'UsePAM no',
    'AuthenticationMethods publickey',
    'Subsystem sftp internal-sftp',
    '',
  ].join('\n')
}

/**
 * @param {string} directory
 * @param {number} port
 */
function clientOptions(directory, port) {
  const options = {
    IdentityFile: join(directory, 'user-key'),
    IdentitiesOnly: 'yes',
    UserKnownHostsFile: join(directory, 'known-hosts'),
    HostKeyAlias: 'bench',
    StrictHostKeyChecking: 'yes',
    BatchMode: 'yes',
    User: userInfo().username,
  }
  const pairs = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`])
  return ['-q', '-F', '/dev/null', '-P', String(port), ...pairs]
}
